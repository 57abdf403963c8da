import assert from 'node:assert/strict';
import test from 'node:test';
import { mailbox } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { assertExit, describe, makeSite, policy } from '../integration/installation.ts';
import { assertExactlyGone, assertNothingLost } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { startDovecot } from '../servers/dovecot.ts';

const signals = { SIGTERM: 143, SIGINT: 130 } as const;
const places = { 'while it fetches': 'UID FETCH', 'while it deletes': 'UID STORE' };

test('a signal ends a run at a safe point, with its own exit code, and the next run finishes', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  for (const [signal, code] of Object.entries(signals)) {
    for (const [place, command] of Object.entries(places)) {
      const user = `${signal}-${command.replace(' ', '-')}@example.com`.toLowerCase();
      await seedUser(
        dovecot,
        user,
        mailbox({
          seed: 70,
          count: 30,
          ages: { from: 400, to: 900 },
          flags: {},
          folders: ['INBOX', 'Lists'],
          meanSize: 4_000,
        }),
      );
      const full = await snapshot(dovecot, user);
      let kill = (): void => {};
      let sent = false;
      const proxy = await startProxy(dovecot, {
        onCommand({ name, rest }) {
          if (sent || name !== command || (name === 'UID FETCH' && !/BODY\.PEEK\[\]/.test(rest)))
            return 'pass';
          sent = true;
          kill();
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
      const stopped = await site.runProcess(['run', '--yes'], {
        onStart: (child) => {
          kill = () => child.kill(signal === 'SIGTERM' ? 'SIGTERM' : 'SIGINT');
        },
      });
      assert.ok(sent);
      assert.equal(stopped.code, code, `${signal} ${place}: ${describe(stopped)}`);
      assertNothingLost(full, await snapshot(dovecot, user), site.archives(), full.messages);
      assertExit(await site.run(['run', '--yes']), 0);
      assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), full.messages);
    }
  }
});
