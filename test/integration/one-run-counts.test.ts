import assert from 'node:assert/strict';
import { mkdir, rename } from 'node:fs/promises';
import test, { after, before, type TestContext } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { meddle } from '../oracle/meddle.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import type { ArchivesDocument, RunDocument } from './documents.ts';
import { assertExit, makeSite, policy, said, type Site } from './installation.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

/** A site for one user with so many old messages, and a policy with a week of grace. */
async function waiting(t: TestContext, user: string, count: number): Promise<Site> {
  await seedUser(
    dovecot,
    user,
    Array.from({ length: count }, (_, index) => note(`old ${index}`, 500 + index)),
  );
  const server = { port: dovecot.port };
  const graced = policy('old', 365, { delete: { after: '7d' } });
  const site = await makeSite({ server, users: [user], policies: [graced] });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  return site;
}

const reasons = (document: RunDocument): readonly string[] =>
  document.runs.flatMap((run) => run.skipped.map(({ reason }) => reason));

test('a limit counts what earlier runs left together with what this one adds', async (t) => {
  const user = 'budget@example.com';
  const site = await waiting(t, user, 6);
  const more = Array.from({ length: 6 }, (_, index) => note(`new ${index}`, 400 + index));
  await seedByAppend(dovecot, user, more);
  const limits = { maxMessages: 8, maxPercent: 100 };
  await site.configure({ policies: [policy('old', 365, { limits })] });
  const run = await site.run(['run', '--yes']);
  assertExit(run, 5);
  assert.match(said(run), /12 messages, maxMessages is 8/);
  const { messages } = await snapshot(dovecot, user);
  assert.equal(messages.length, 12, 'over a limit nothing happens, to what waited neither');
  assert.equal(site.archives().length, 1);
  await site.configure({ policies: [policy('old', 365, { limits: { ...limits, maxMessages: 12 } })] });
  const { runs } = await site.json<RunDocument>(['run', '--yes']);
  assert.deepEqual(
    runs.map(({ archived, deleted }) => [archived.messages, deleted.messages]),
    [[6, 12]],
  );
});

test('mail that its owner removed during the grace does not break maxPercent for ever', async (t) => {
  const user = 'tidy@example.com';
  const site = await waiting(t, user, 10);
  await seedByAppend(dovecot, user, [note('young', 1)]);
  await meddle(dovecot, user, 'INBOX', ['UID STORE 1:10 +FLAGS.SILENT (\\Deleted)', 'UID EXPUNGE 1:10']);
  await site.configure({ policies: [policy('old', 365, { limits: { maxPercent: 50 } })] });
  assertExit(await site.run(['run', '--yes']), 0);
});

test('mail that waits under a policy set to plan is let go, and counts as freed no longer', async (t) => {
  const user = 'planned@example.com';
  const site = await waiting(t, user, 3);
  const other = policy('large', 365, { match: { largerThan: '1GiB' } });
  await site.configure({ policies: [policy('old', 365, { mode: 'plan' }), other] });
  const document = await site.json<RunDocument>(['run', '--yes']);
  assert.ok(reasons(document).includes('its policy is in plan mode'));
  await site.configure({ policies: [policy('old', 365, { delete: { after: '7d' } })] });
  await site.run(['run', '--yes']);
  assert.equal((await snapshot(dovecot, user)).messages.length, 3, 'its grace has begun anew');
});

test('--lift-limits wants the policies named', async (t) => {
  const site = await makeSite({ server: { port: dovecot.port }, policies: [policy('old', 365)] });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes', '--lift-limits']), 2);
});

test('an unmounted store is not taken for one that lost its archives', async (t) => {
  const user = 'mount@example.com';
  const site = await waiting(t, user, 3);
  await rename(site.archiveDir, `${site.archiveDir}.away`);
  await mkdir(site.archiveDir);
  const verify = await site.run(['verify']);
  assertExit(verify, 1);
  assert.match(said(verify), /not mounted/);
  const reindex = await site.run(['reindex']);
  assertExit(reindex, 1);
  assert.match(said(reindex), /--new-store/);
  const { archives } = await site.json<ArchivesDocument>(['archives']);
  assert.deepEqual(
    archives.map(({ state }) => state),
    ['verified'],
  );
  assertExit(await site.run(['reindex', '--new-store']), 3);
});
