/** `restore --at` and `restore --run`: mail as it was archived until a moment, and the undo of a run. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedByAppend } from '../corpus/append.ts';
import { clockOffBy } from '../fault/off-by.ts';
import { findFiles } from '../oracle/archives.ts';
import { withSession } from '../oracle/raw-session.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { assertExit, makeSite, policy, said, type Site } from './installation.ts';
import { subjects } from './subjects.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});
after(() => dovecot.stop());

const dayMs = 86_400_000;
const dayAfter = (days: number): string => new Date(Date.now() + days * dayMs).toISOString().slice(0, 10);
const now = async (user: string): Promise<readonly string[]> =>
  subjects(await snapshot(dovecot, user)).toSorted();

async function siteOf(t: test.TestContext, user: string, policies: readonly object[]): Promise<Site> {
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: policies.map((one) => ({ ...one })),
  });
  t.after(() => site.remove());
  return site;
}

test('restore --at brings back what was archived until the end of that day, with the flags of then', async (t) => {
  const user = 'at@example.com';
  const flagged = note('kept', 400, { flags: ['\\Seen'] });
  await seedByAppend(dovecot, user, [note('first', 500), flagged]);
  const keeps = { ...policy('keeps', 365), delete: undefined };
  const late = { ...policy('late', 380), folders: { include: ['INBOX'] } };
  const site = await siteOf(t, user, [keeps]);
  assertExit(await site.run(['run', '--yes']), 0);
  // Ten days later there is more mail, the flags are others, and another policy archives and deletes all of it.
  await seedByAppend(dovecot, user, [note('second', 500)]);
  await withSession(dovecot, user, async (session) => {
    await session.ok('SELECT INBOX');
    await session.ok('UID STORE 1:* +FLAGS.SILENT (\\Answered)');
  });
  await site.configure({ policies: [late] });
  assertExit(await site.run(['run', '--yes'], { clock: clockOffBy(10) }), 0);
  assert.deepEqual(await now(user), []);

  const then = { clock: clockOffBy(10) };
  const early = await site.run(['restore', '--all', '--at', '2020-02-01', '--yes'], then);
  assertExit(early, 0);
  assert.match(early.stdout, /nothing to restore/);
  assertExit(await site.run(['restore', '--all', '--at', dayAfter(9), '--yes'], then), 0);
  assert.deepEqual(await now(user), ['first', 'kept']);
  const { messages } = await snapshot(dovecot, user);
  const flags = messages.find(({ subject }) => subject === 'kept')?.flags;
  assert.deepEqual(flags, ['\\Seen']);
  const instant = new Date(Date.now() + 11 * dayMs).toISOString();
  assertExit(await site.run(['restore', '--all', '--at', instant, '--yes'], then), 0);
  assert.deepEqual(await now(user), ['first', 'kept', 'second']);

  for (const wrong of ['yesterday', '2024-02-31', '2024-13-01T00:00Z', '2024']) {
    const refused = await site.run(['restore', '--all', '--at', wrong, '--yes'], then);
    assertExit(refused, 2);
    assert.match(said(refused), /--at takes a day like 2024-01-31/);
  }
});

interface PurgeReceipt {
  readonly kind: string;
  readonly run: string;
}

test('restore --run brings back what one run deleted and what it archived, also by the receipts alone', async (t) => {
  const user = 'undo@example.com';
  await seedByAppend(dovecot, user, [note('one', 500), note('two', 450), note('waits', 362)]);
  const site = await siteOf(t, user, [policy('old', 365, { delete: { after: '7d' }, restoredKeep: '100d' })]);
  assertExit(await site.run(['run', '--yes']), 0);
  assert.equal((await now(user)).length, 3);
  assertExit(await site.run(['run', '--yes'], { clock: clockOffBy(8) }), 0);
  assert.deepEqual(await now(user), ['waits']);
  const receipts = findFiles(site.archiveDir, '.json')
    .filter((path) => path.includes('.receipts/'))
    .map((path): PurgeReceipt => JSON.parse(readFileSync(path, 'utf8')));
  const [purge] = receipts.filter(({ kind }) => kind === 'purge');
  const run = purge?.run ?? assert.fail('no receipt');
  assertExit(await site.run(['run', '--yes'], { clock: clockOffBy(16) }), 0);
  assert.deepEqual(await now(user), []);

  const then = { clock: clockOffBy(16) };
  for (const lost of [false, true]) {
    if (lost) {
      await site.removeDatabase();
      assertExit(await site.run(['reindex'], then), 0);
      await withSession(dovecot, user, async (session) => {
        await session.ok('SELECT INBOX');
        await session.ok('UID STORE 1:* +FLAGS.SILENT (\\Deleted)');
        await session.ok('EXPUNGE');
      });
    }
    assertExit(await site.run(['restore', '--run', run.slice(0, 8), '--yes'], then), 0);
    // What the run archived is gone by the hands of the next one, and belongs to it as well.
    assert.deepEqual(await now(user), ['one', 'two', 'waits'], lost ? 'from the receipts' : '');
  }
  assertExit(await site.run(['restore', '--run', '00000000', '--yes'], then), 1);
  assertExit(await site.run(['restore', '--run', run, '--all', '--yes'], then), 2);
  assertExit(await site.run(['restore', '--run', 'nonsense', '--yes'], then), 2);
});
