/** The command `restore` against a server that breaks off or refuses. The use case itself: `restore.test.ts`. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { clockOffBy } from '../fault/off-by.ts';
import { assertExit, makeSite, policy } from '../integration/installation.ts';
import { archived } from '../integration/retaining-site.ts';
import { subjects } from '../integration/subjects.ts';
import { meddle } from '../oracle/meddle.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

test('a restore that was cut short is not taken away again by the next run', async (t) => {
  const user = 'cut@example.com';
  const site = await archived(t, dovecot, user, ['INBOX', 'Lists', 'Work']);
  assert.equal((await snapshot(dovecot, user)).messages.length, 0);
  let appends = 0;
  const proxy = await startProxy(dovecot, {
    onCommand: ({ name }) => (name === 'APPEND' && ++appends > 3 ? 'cut' : 'pass'),
  });
  t.after(() => proxy.stop());
  await site.configure({ server: { port: proxy.port, connectAttempts: 1 } });
  // Each of the others ended the connection twice.
  assertExit(await site.run(['restore', '--all', '--yes']), 3);
  await site.configure({ server: { port: dovecot.port } });
  const back = await snapshot(dovecot, user);
  // Two by themselves, and those of the second folder in one command.
  assert.equal(back.messages.length, 4);
  assertExit(await site.run(['run', '--yes']), 0);
  assert.deepEqual(await snapshot(dovecot, user), back);
  assertExit(await site.run(['restore', '--all', '--yes']), 0);
  assert.equal((await snapshot(dovecot, user)).messages.length, 6);
});

test('what was restored and archived again is not restored twice, and two messages of the same bytes stay two', async (t) => {
  const user = 'twice@example.com';
  const twin = note('twin', 400);
  await seedUser(dovecot, user, [twin, twin, note('single', 400)]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { restoredKeep: '30d' })],
  });
  t.after(() => site.remove());
  const full = subjects(await snapshot(dovecot, user)).toSorted();
  assertExit(await site.run(['run', '--yes']), 0);
  for (const [days, gone] of [
    [0, false],
    [31, true],
    [62, true],
    [93, false],
  ] as const) {
    const then = { clock: clockOffBy(days) };
    // Their protection has ended: what was restored is archived again under new UIDs, and deleted.
    if (gone) assertExit(await site.run(['run', '--yes'], then), 0);
    if (gone) assert.deepEqual((await snapshot(dovecot, user)).messages, []);
    assertExit(await site.run(['restore', '--all', '--yes'], then), 0);
    assert.deepEqual(subjects(await snapshot(dovecot, user)).toSorted(), full, `after ${days} days`);
  }
});

test('a copy that a restore found on the server stays a message of its own beside its twin', async (t) => {
  const user = 'found@example.com';
  const twin = note('twin', 400);
  await seedUser(dovecot, user, [twin, twin]);
  const of = (changes: object) => ({ policies: [policy('old', 365, { restoredKeep: '30d', ...changes })] });
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    ...of({ delete: undefined }),
  });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  const [, second] = (await snapshot(dovecot, user)).messages;
  assert.ok(second !== undefined);
  await meddle(dovecot, user, 'INBOX', [
    `UID STORE ${second.uid} +FLAGS (\\Deleted)`,
    `UID EXPUNGE ${second.uid}`,
  ]);
  assertExit(await site.run(['restore', '--all', '--yes']), 0);
  assert.equal((await snapshot(dovecot, user)).messages.length, 2);
  await site.configure(of({}));
  const then = { clock: clockOffBy(31) };
  assertExit(await site.run(['run', '--yes'], then), 0);
  assert.deepEqual((await snapshot(dovecot, user)).messages, []);
  assertExit(await site.run(['restore', '--all', '--yes'], then), 0);
  assert.deepEqual(subjects(await snapshot(dovecot, user)), ['twin', 'twin']);
});

test('a restore that the server refused for want of space works once there is space', async (t) => {
  const user = 'full@example.com';
  const site = await archived(t, dovecot, user, ['INBOX', 'Lists']);
  const proxy = await startProxy(dovecot, {
    onCommand: ({ name, tag }) => (name === 'APPEND' ? { reply: `${tag} NO [OVERQUOTA] full\r\n` } : 'pass'),
  });
  t.after(() => proxy.stop());
  await site.configure({ server: { port: proxy.port } });
  assertExit(await site.run(['restore', '--all', '--yes']), 3);
  await site.configure({ server: { port: dovecot.port } });
  assertExit(await site.run(['restore', '--all', '--yes']), 0);
  assert.equal((await snapshot(dovecot, user)).messages.length, 4);
});
