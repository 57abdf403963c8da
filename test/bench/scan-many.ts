/**
 * A scan of ten thousand accounts with the catalog in PostgreSQL, against eight loops that only log in and
 * out, turn by turn in one run: `npm run bench:scan [ACCOUNTS] [ROUND-TRIP-MS]`. Prints one JSON document:
 * seconds of each turn, and the ratio of the medians; and the same of the processor seconds of all that takes
 * part, which hardly depend on what else the machine does.
 */
import { performance } from 'node:perf_hooks';
import { loadavg } from 'node:os';
import process from 'node:process';
import { note } from '../corpus/mailbox.ts';
import { seedMaildir } from '../corpus/maildir.ts';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeSite, policy } from '../integration/installation.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startSlowProxy } from '../servers/slow-proxy.ts';
import { bareLogins } from './bare-logins.ts';
import { familyCpuSeconds } from './family-cpu.ts';

const accounts = Number(process.argv[2] ?? 10_000);
const roundTripMs = Number(process.argv[3] ?? 0);
const atOnce = 8;
const turns = 3;
const users = Array.from({ length: accounts }, (_, number) => `user${number + 1}`);

const dovecot = await startDovecot({ userFields: Object.fromEntries(users.map((user) => [user, []])) });
await using postgres = await startPostgres();
const proxy = roundTripMs > 0 ? await startSlowProxy(dovecot.port, roundTripMs / 2) : null;
const port = proxy?.port ?? dovecot.port;
const site = await makeSite({
  server: { port, maxConnections: atOnce },
  users,
  policies: [policy('old', 730)],
  extra: { database: await postgres.database('scan') },
});

interface Turn {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function timed(task: () => Promise<unknown>): Promise<Turn> {
  const begun = performance.now();
  const spent = familyCpuSeconds();
  await task();
  return { seconds: (performance.now() - begun) / 1000, cpuSeconds: familyCpuSeconds() - spent };
}

async function scan(): Promise<void> {
  const { code, stderr } = await site.runProcess(['scan', '--quiet']);
  if (code !== 0) throw new Error(`exit ${code}: ${stderr.slice(0, 2000)}`);
}

function median(all: readonly Turn[], of: keyof Turn): number {
  const times = all.map((turn) => turn[of]);
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

try {
  const { uid, gid } = await stat(dovecot.mailDir);
  for (const user of users) await seedMaildir(join(dovecot.mailDir, user), [note('young', 3)], { uid, gid });
  // Folders and indexes are made by the first login, which nobody should be charged for.
  await bareLogins(dovecot.port, users, atOnce);
  await scan();
  const loops: Turn[] = [];
  const scans: Turn[] = [];
  const loads = [loadavg()[0]];
  for (let turn = 0; turn < turns; turn += 1) {
    loops.push(await timed(() => bareLogins(port, users, atOnce)));
    scans.push(await timed(scan));
    loads.push(loadavg()[0]);
  }
  const toLoop = {
    seconds: median(scans, 'seconds') / median(loops, 'seconds'),
    cpuSeconds: median(scans, 'cpuSeconds') / median(loops, 'cpuSeconds'),
  };
  const result = { accounts, roundTripMs, atOnce, loops, scans, toLoop, loads };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
} finally {
  await site.remove();
  await proxy?.stop();
  await dovecot.stop();
}
