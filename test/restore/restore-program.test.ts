/** The command `restore` against a server that breaks off or refuses. The use case itself: `restore.test.ts`. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { startProxy } from '../fault/imap-proxy.ts';
import { assertExit } from '../integration/installation.ts';
import { archived } from '../integration/retaining-site.ts';
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
  assert.equal(back.messages.length, 3);
  assertExit(await site.run(['run', '--yes']), 0);
  assert.deepEqual(await snapshot(dovecot, user), back);
  assertExit(await site.run(['restore', '--all', '--yes']), 0);
  assert.equal((await snapshot(dovecot, user)).messages.length, 6);
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
