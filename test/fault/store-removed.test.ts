/** A store that is taken out of the configuration while something of it is unfinished. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, makeSite, policy, said, type Site } from '../integration/installation.ts';
import { subjects } from '../integration/subjects.ts';
import { readArchives } from '../oracle/archives.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const second = { type: 'local', path: './archive2', ephemeral: true };
const both = { stores: { local: { type: 'local', path: './archive', ephemeral: true }, second } };

async function fixture(user: string, grace: string): Promise<Site> {
  await seedUser(dovecot, user, [note('old', 500), note('young', 3)]);
  return makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { delete: { after: grace } })],
    extra: both,
  });
}

for (const { name, says } of [
  { name: 'after batch record', says: /an interrupted archive of "INBOX" was given up/ },
  {
    name: 'after seal record',
    says: /was never verified, and its store "local" is no longer in mothball.yaml/,
  },
]) {
  test(`what a crash left unfinished ${name} in a store that was removed since holds up no run`, async (t) => {
    const user = `gone-${name.replaceAll(' ', '-')}@example.com`;
    const site = await fixture(user, '0d');
    t.after(() => site.remove());
    const log = join(site.dir, 'hits.log');
    const env = { MOTHBALL_FAILPOINT: name, MOTHBALL_FAILPOINT_LOG: log };
    assert.equal((await site.runProcess(['run', '--yes'], { env })).signal, 'SIGKILL');
    assert.match(readFileSync(log, 'utf8'), new RegExp(`${name}\n$`));
    await site.configure({
      policies: [policy('old', 365, { archive: { to: 'second' } })],
      extra: { stores: { second } },
    });
    const first = await site.run(['run', '--yes']);
    assertExit(first, 0);
    assert.match(said(first), says);
    assert.deepEqual(subjects(await snapshot(dovecot, user)), ['young']);
    assert.equal(readArchives(join(site.dir, 'archive2')).length, 1);
    assertExit(await site.run(['run', '--yes']), 0);
  });
}

test('mail that waits in a store that was removed stays, with the reason, and is archived to the new one', async (t) => {
  const user = 'gone-pending@example.com';
  const site = await fixture(user, '7d');
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  await site.configure({
    policies: [policy('old', 365, { archive: { to: 'second' } })],
    extra: { stores: { second } },
  });
  const run = await site.run(['run', '--yes']);
  assertExit(run, 0);
  assert.match(said(run), /its archive is in a store that is no longer configured/);
  assert.deepEqual(subjects(await snapshot(dovecot, user)), ['young']);
  assert.equal(readArchives(join(site.dir, 'archive2')).length, 1);
});
