import assert from 'node:assert/strict';
import test from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { clockOffBy } from '../fault/off-by.ts';
import type { RunDocument } from '../integration/documents.ts';
import { assertExit, makeSite, policy } from '../integration/installation.ts';
import { meddle } from '../oracle/meddle.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { startDovecot } from '../servers/dovecot.ts';

test('a notice that is marked unread again during its grace is not deleted', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  const user = 'again@example.com';
  await seedUser(dovecot, user, [note('old', 500), note('young', 3)]);
  const notify = { account: true, subject: 'About {{account}}' };
  const policies = [policy('old', 365, { notify, delete: { after: '7d' } })];
  const site = await makeSite({ server: { port: dovecot.port }, users: [user], policies });
  t.after(() => site.remove());
  const run = async (days: number): Promise<RunDocument['runs'][number]> => {
    const result = await site.run(['run', '--yes', '--json'], { clock: clockOffBy(days) });
    assertExit(result, 0);
    const { runs }: RunDocument = JSON.parse(result.stdout);
    return runs[0] ?? assert.fail();
  };
  const first = async (): Promise<number | undefined> =>
    (await snapshot(dovecot, user)).messages.find(({ subject }) => subject === `About ${user}`)?.uid;

  assert.equal((await run(0)).archived.messages, 1);
  const uid = await first();
  assert.ok(uid !== undefined);
  await meddle(dovecot, user, 'INBOX', [`UID STORE ${uid} +FLAGS (\\Seen)`]);
  // Between them there is a run that does nothing: a silence of 400 days would be a clock that is ahead.
  await run(200);
  assert.deepEqual(
    [(await run(400)).archived.messages, await first()],
    [2, uid],
    'archived as it was read, with what grew old meanwhile',
  );
  await meddle(dovecot, user, 'INBOX', [`UID STORE ${uid} -FLAGS (\\Seen)`]);
  const purge = await run(410);
  assert.ok(purge.skipped.some(({ reason }) => reason === 'notice not read yet'));
  assert.equal(purge.deleted.messages, 1, 'the young one, that is old now');
  assert.equal(await first(), uid);
});
