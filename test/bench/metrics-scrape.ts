/**
 * How long a scrape of so many accounts' series blocks the event loop, over HTTP to another process:
 * `node test/bench/metrics-scrape.ts [ACCOUNTS]`.
 */
import { spawn } from 'node:child_process';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { bytes } from '../../src/domain/brands.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import { startWeb } from '../../src/web/server.ts';

const wanted = Number(process.argv[2] ?? 100_000);
const accounts = Array.from({ length: wanted }, (_, n) => ({
  server: `server${n % 10}`,
  account: `user${n}@example.com`,
}));
const metrics = new Metrics('bench');
metrics.configure({
  servers: Array.from({ length: 10 }, (_, n) => `server${n}`),
  stores: ['local'],
  accounts,
  policies: [],
  scanSchedule: null,
  accountSeries: 'all',
  folderSeries: false,
});
for (const [n, ref] of accounts.entries()) {
  const storage = { used: bytes(n * 1024), limit: bytes(200_000 * 1024) };
  const roots = [{ name: 'User quota', storage, message: { used: n, limit: 200_000 }, folders: [] }];
  metrics.recordAccount({ ...ref, roots, fullAt: new Date(), folders: null });
}
const web = await startWeb({
  host: '127.0.0.1',
  port: 0,
  metrics,
  health: { dead: () => null, unready: () => null },
  log: (line) => process.stderr.write(`${line}\n`),
});
// What one turn costs in CPU time: on a busy machine the delay is mostly waiting for a core.
for (let round = 1; round <= 3; round += 1) {
  const turns: number[] = [];
  const spent = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  const text = metrics.text();
  for (let before = spent(); (await text.next()).done !== true; before = spent())
    turns.push(spent() - before);
  process.stdout.write(
    `${wanted} accounts, ${turns.length} pieces: at most ${Math.max(...turns).toFixed(1)} ms of CPU in one turn\n`,
  );
}

/** Says that it is ready, then fetches on a line from stdin: starting a process blocks this one. */
const client = `
  process.stdin.once('data', async () => {
    const response = await fetch(process.argv[1], { headers: { 'accept-encoding': process.argv[2] } });
    let octets = 0;
    for await (const piece of response.body) octets += piece.length;
    console.log(octets);
    process.exit();
  });
  console.log('ready');`;

for (const encoding of ['identity', 'gzip', 'identity', 'gzip']) {
  const url = `http://127.0.0.1:${web.port}/metrics`;
  const child = spawn(process.execPath, ['-e', client, url, encoding], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  await lines.next();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const began = performance.now();
  delay.enable();
  child.stdin.write('go\n');
  const { value: octets } = await lines.next();
  delay.disable();
  const ms = (nanoseconds: number): string => (nanoseconds / 1e6).toFixed(1);
  process.stdout.write(
    `${wanted} accounts, ${encoding}: ${octets} octets in ${(performance.now() - began).toFixed(0)} ms; event loop delayed at most ${ms(delay.max)} ms, p99 ${ms(delay.percentile(99))} ms\n`,
  );
}
await web.close();
