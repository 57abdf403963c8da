import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { assertExit, makeSite, policy } from '../integration/installation.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { startDovecot } from '../servers/dovecot.ts';

interface Document {
  readonly runs: readonly { readonly errors: readonly { readonly code: string }[] }[];
}

test('what ends a run does not hide why the archive before it was not stored', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  const user = 'alice@example.com';
  await seedUser(dovecot, user, [note('one', 500), note('two', 500, { folder: 'Lists' })]);
  const full = await snapshot(dovecot, user);
  let begun = false;
  // While the first archive is fetched its store is lost, and Mothball is paused.
  const proxy = await startProxy(dovecot, {
    async onCommand({ name, rest }): Promise<'pass'> {
      if (begun || name !== 'UID FETCH' || !rest.includes('BODY.PEEK[]')) return 'pass';
      begun = true;
      rmSync(site.archiveDir, { recursive: true });
      writeFileSync(site.archiveDir, 'not a directory');
      assertExit(await site.run(['pause', '--reason', 'audit']), 0);
      return 'pass';
    },
  });
  t.after(() => proxy.stop());
  const site = await makeSite({
    server: { port: proxy.port },
    users: [user],
    policies: [policy('old', 365, { folders: { include: ['INBOX', 'Lists'] } })],
  });
  t.after(() => site.remove());
  const run = await site.run(['run', '--yes', '--json']);
  assert.ok(begun);
  const { runs }: Document = JSON.parse(run.stdout);
  assert.deepEqual(runs.flatMap(({ errors }) => errors.map(({ code }) => code)).toSorted(), [
    'interrupted',
    'store',
  ]);
  assert.deepEqual(await snapshot(dovecot, user), full);
});
