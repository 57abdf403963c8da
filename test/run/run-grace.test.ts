import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import type { RunDocument } from '../integration/documents.ts';
import { assertExit, makeSite, policy } from '../integration/installation.ts';
import { bySubject } from '../integration/subjects.ts';
import { meddle } from '../oracle/meddle.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

test('during the grace the mail stays, and nothing is archived a second time', async (t) => {
  const user = 'waits@example.com';
  await seedUser(dovecot, user, [note('old one', 500), note('old two', 600), note('young', 5)]);
  const patient = policy('old', 365, { delete: { after: '7d' } });
  const site = await makeSite({ server: { port: dovecot.port }, users: [user], policies: [patient] });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  for (const expected of [2, 0, 0]) {
    const { runs } = await site.json<RunDocument>(['run', '--yes']);
    assert.equal(
      runs.reduce((sum, run) => sum + run.archived.messages, 0),
      expected,
    );
    assert.ok(runs.every((run) => run.deleted.messages === 0));
    assert.deepEqual(await snapshot(dovecot, user), full);
    assert.equal(site.archives().length, 1);
  }
});

test('when the grace is over, what was flagged meanwhile stays and the rest goes', async (t) => {
  const user = 'flags@example.com';
  await seedUser(dovecot, user, [note('goes', 500), note('flagged later', 600), note('seen later', 700)]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { delete: { after: '7d' } })],
  });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  const full = await snapshot(dovecot, user);
  await meddle(dovecot, user, 'INBOX', [
    `UID STORE ${bySubject(full, 'flagged later').uid} +FLAGS (\\Flagged)`,
    `UID STORE ${bySubject(full, 'seen later').uid} +FLAGS (\\Seen)`,
  ]);
  const flagged = await snapshot(dovecot, user);
  // Today's policy decides, its grace too: shortening it ends the wait.
  await site.configure({ policies: [policy('old', 365)] });
  const { runs } = await site.json<RunDocument>(['run', '--yes']);
  assert.equal(
    runs.reduce((sum, run) => sum + run.deleted.messages, 0),
    2,
  );
  const leaves = flagged.messages.filter((message) => message.subject !== 'flagged later');
  assertExactlyGone(flagged, await snapshot(dovecot, user), site.archives(), leaves);
  assert.equal(site.archives().length, 1);
});

test('an archive-only policy never deletes', async (t) => {
  const user = 'keeps@example.com';
  await seedUser(dovecot, user, [note('old', 500)]);
  const { delete: _, ...archiveOnly } = policy('copy', 365);
  const site = await makeSite({ server: { port: dovecot.port }, users: [user], policies: [archiveOnly] });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  for (const _round of [1, 2]) {
    assertExit(await site.run(['run', '--yes']), 0);
    assert.deepEqual(await snapshot(dovecot, user), full);
    assert.equal(site.archives().length, 1);
  }
});

test('mail that two enforcing policies select goes once each has its own copy', async (t) => {
  const user = 'twice@example.com';
  await seedUser(dovecot, user, [note('both', 800), note('first only', 500)]);
  const { delete: _, ...copy } = policy('copy', 700);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365), copy],
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  // `copy` has not archived yet, so only the message that it does not select may leave.
  assertExit(await site.run(['run', 'old', '--yes']), 0);
  const half = await snapshot(dovecot, user);
  assertExactlyGone(full, half, site.archives(), [bySubject(full, 'first only')]);
  assertExit(await site.run(['run', '--yes']), 0);
  assertExit(await site.run(['run', '--yes']), 0);
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), full.messages);
  assert.equal(site.archives().filter(({ head }) => head.policy === 'copy').length, 1);
});

test('a policy in plan mode only reports', async (t) => {
  const user = 'report@example.com';
  await seedUser(dovecot, user, [note('old', 500)]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { mode: 'plan' })],
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  assertExit(await site.run(['run', '--yes']), 0);
  assert.deepEqual(await snapshot(dovecot, user), full);
  assert.equal(site.archives().length, 0);
  assertExit(await site.run(['plan', '--exit-code']), 20);
});
