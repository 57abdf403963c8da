/**
 * Accounts a second behind a line with a delay: `scan`, `run` with nothing to do, and eight threads of a
 * bare login loop, in one run: `node test/bench/accounts.ts [ACCOUNTS] [ROUND-TRIP-MS]`. Prints one JSON
 * document: seconds of each, and their ratio to the loop.
 */
import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { makeSite, policy } from '../integration/installation.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { bareLogins } from './bare-logins.ts';
import { startSlowProxy } from '../servers/slow-proxy.ts';

const accounts = Number(process.argv[2] ?? 300);
const roundTripMs = Number(process.argv[3] ?? 40);
const users = Array.from({ length: accounts }, (_, number) => `user${number + 1}`);

const dovecot = await startDovecot();
const proxy = await startSlowProxy(dovecot.port, roundTripMs / 2);
const site = await makeSite({
  server: { port: proxy.port },
  users,
  policies: [policy('old', 730)],
});
const seconds = async (task: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await task();
  return (performance.now() - begun) / 1000;
};
try {
  for (const user of users) await seedUser(dovecot, user, [note('young', 3)]);
  // Mail directories are made by the first login, which nobody should be charged for.
  await bareLogins(dovecot.port, users, 8);
  const loop = await seconds(() => bareLogins(proxy.port, users, 8));
  const took: Record<string, number> = {};
  for (const args of [['scan'], ['quota'], ['plan'], ['run', '--yes']])
    took[args[0] ?? ''] = await seconds(async () => {
      const { code, stderr } = await site.runProcess([...args, '--quiet']);
      if (code !== 0) throw new Error(`${args.join(' ')}: exit ${code}: ${stderr.slice(0, 2000)}`);
    });
  const figures = Object.entries(took).map(([name, time]) => [name, { seconds: time, toLoop: time / loop }]);
  const { stdout: node } = spawnSync(process.execPath, ['--version'], { encoding: 'utf8' });
  const result = { accounts, roundTripMs, node: node.trim(), loop, ...Object.fromEntries(figures) };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
} finally {
  await site.remove();
  await proxy.stop();
  await dovecot.stop();
}
