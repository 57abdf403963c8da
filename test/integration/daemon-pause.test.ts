import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { assertExactlyGone, gone } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { afterDowntime, startDaemon, until } from './daemon.ts';
import { assertExit, makeSite, policy, said } from './installation.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

test('a pause in mid-run stops before the next chunk, and nothing begins until it ends', async (t) => {
  const user = 'chunks@example.com';
  const count = 620;
  await seedUser(
    dovecot,
    user,
    Array.from({ length: count }, (_, serial) => note(`old ${serial}`, 500)),
  );
  const full = await snapshot(dovecot, user);
  let paused = false;
  const proxy = await startProxy(dovecot, {
    async onCommand({ name }): Promise<'pass'> {
      if (name !== 'UID EXPUNGE' || paused) return 'pass';
      paused = true;
      assertExit(await site.run(['pause', '--reason', 'the wrong policy']), 0);
      return 'pass';
    },
  });
  t.after(() => proxy.stop());
  const site = await makeSite({
    server: { port: proxy.port },
    users: [user],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());

  const stopped = await site.run(['run', '--yes']);
  assert.ok(paused);
  assertExit(stopped, 3);
  assert.match(said(stopped), /paused by .* since .*: the wrong policy; nothing more is archived or deleted/);
  // The chunk that was under way is finished: 500 messages are the most that one STORE names.
  assert.equal(gone(full, await snapshot(dovecot, user)).length, 500);

  const commands = proxy.commands.length;
  const refused = await site.run(['run', '--yes']);
  assertExit(refused, 1);
  assert.match(refused.stderr, /paused by .*mothball resume/);
  assert.equal(proxy.commands.length, commands, 'nobody logged in');
  const { pause, held } = await site.json<{
    readonly pause: { readonly reason: string };
    readonly held: { readonly pending: readonly { readonly messages: number }[] };
  }>(['status']);
  assert.equal(pause.reason, 'the wrong policy');
  assert.equal(held.pending[0]?.messages, count - 500);
  assertExit(await site.run(['pause', '--reason', 'again']), 0);
  const { was } = await site.json<{ readonly was: { readonly reason: string } | null }>(['resume']);
  assert.equal(was?.reason, 'the wrong policy', 'the first pause is the one that counts');
  assertExit(await site.run(['run', '--yes']), 0);
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), full.messages);
});

test('a paused daemon begins nothing, says why, and goes on by itself when the pause ends', async (t) => {
  const user = 'daemon@example.com';
  await seedUser(dovecot, user, [note('one', 500)]);
  const full = await snapshot(dovecot, user);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { schedule: '0 0 1 * *' })],
  });
  t.after(() => site.remove());
  await afterDowntime(site, 24 * 40);
  assertExit(await site.run(['pause', '--reason', 'audit']), 0);
  const daemon = await startDaemon(site);
  t.after(() => daemon.stop());
  await daemon.line(/^paused by .*: audit$/);
  await until(async () =>
    /daemon@example\.com on main: paused by .*: audit/.test(said(await site.run(['status']))),
  );
  assert.deepEqual(gone(full, await snapshot(dovecot, user)), []);
  assert.equal(site.archives().length, 0);
  assertExit(await site.run(['resume']), 0);
  await daemon.line(/^resumed$/);
  await daemon.line(/^old: success/);
  assert.equal(await daemon.stop(), 143);
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), full.messages);
});
