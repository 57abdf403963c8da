import assert from 'node:assert/strict';
import test from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, describe, makeSite, policy, said } from '../integration/installation.ts';
import { findFiles } from '../oracle/archives.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { type ProxiedCommand, startProxy } from './imap-proxy.ts';

const places: readonly { readonly name: string; readonly at: (command: ProxiedCommand) => boolean }[] = [
  { name: 'while it fetches', at: ({ name, rest }) => name === 'UID FETCH' && rest.includes('BODY.PEEK[])') },
  { name: 'between STORE and EXPUNGE', at: ({ name }) => name === 'UID EXPUNGE' },
];

test('a holder stopped by SIGSTOP keeps its lock: a second run exits 11 and touches nothing', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  for (const [index, { name, at }] of places.entries()) {
    const user = `paused${index}@example.com`;
    await seedUser(dovecot, user, [note('one', 500), note('two', 600), note('young', 3)]);
    const full = await snapshot(dovecot, user);
    let stop = (): void => {};
    let resume = (): void => {};
    let reached = (): void => {};
    const stopped = new Promise<void>((resolve) => (reached = resolve));
    const proxy = await startProxy(dovecot, {
      onCommand(command) {
        if (!at(command)) return 'pass';
        stop();
        reached();
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
    const first = site.runProcess(['run', '--yes'], {
      onStart: (child) => {
        stop = () => child.kill('SIGSTOP');
        resume = () => child.kill('SIGCONT');
      },
    });
    t.after(() => resume());
    await Promise.race([stopped, first.then((result) => assert.fail(describe(result)))]);

    const before = [await snapshot(dovecot, user), findFiles(site.dir, ''), proxy.connections];
    const second = await site.run(['run', '--yes']);
    assertExit(second, 11);
    assert.match(said(second), new RegExp(`${user}.*locked`), name);
    assert.deepEqual(
      [await snapshot(dovecot, user), findFiles(site.dir, ''), proxy.connections],
      before,
      name,
    );

    resume();
    assertExit(await first, 0);
    const old = full.messages.filter(({ subject }) => subject !== 'young');
    assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), old);
  }
});

test('of two runs started at once, one does the work and the other one gives way', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  const user = 'both@example.com';
  const count = 60;
  await seedUser(
    dovecot,
    user,
    Array.from({ length: count }, (_, serial) => note(`old ${serial}`, 500 + serial)),
  );
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  const runs = await Promise.all([site.run(['run', '--yes']), site.run(['run', '--yes'])]);
  const codes = runs.map(({ code }) => code);
  // The loser may also come after the winner has finished.
  assert.ok(codes.includes(0) && codes.every((code) => code === 0 || code === 11), runs.map(describe).join());
  const archives = site.archives();
  assertExactlyGone(full, await snapshot(dovecot, user), archives, full.messages);
  assert.equal(archives.flatMap(({ messages }) => messages).length, count);
});
