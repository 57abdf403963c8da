/**
 * How long the pages take with many accounts: `npm run bench:page [ACCOUNTS]`. Each account has 30 daily
 * samples, two policies with a run each, and mail that waits for its grace. Prints milliseconds: the first
 * answer, and the median of ten more; and of processor time, which holds on a busy machine too.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import process from 'node:process';
import { compose } from '../../src/compose.ts';
import { loadConfig } from '../../src/config/load.ts';
import { startWeb } from '../../src/web/server.ts';
import { noSecrets } from '../config/files.ts';
import { policy } from '../integration/installation.ts';

const many = Number(process.argv[2] ?? 5_000);
const dayMs = 86_400_000;
const users = Array.from(
  { length: many },
  (_, index) => `user${String(index).padStart(5, '0')}@d${index % 20}.example`,
);
const policies = ['archive-after-2y', 'drain-near-full'];

const dir = await mkdtemp(join(tmpdir(), 'mothball-page-'));
await writeFile(join(dir, 'password'), 'secret\n', { mode: 0o600 });
await writeFile(
  join(dir, 'policies.json'),
  JSON.stringify({
    version: 1,
    policies: policies.map((name) => policy(name, 730, { schedule: '15 2 * * *' })),
  }),
);
const file = join(dir, 'mothball.yaml');
await writeFile(
  file,
  JSON.stringify({
    version: 1,
    servers: { main: { host: '127.0.0.1', port: 1, tls: 'none' } },
    accounts: [{ users, server: 'main', passwordFile: './password' }],
    stores: { local: { type: 'local', path: './archive', ephemeral: true } },
    policies: ['policies.json'],
    http: { listen: '127.0.0.1:0' },
  }),
);
const app = await compose(await loadConfig(file, noSecrets), {
  database: 'create',
  progress: { begin() {}, advance() {}, end() {}, note() {} },
  signal: new AbortController().signal,
  clock: { now: () => new Date() },
});
fill(join(dir, 'mothball.db'));
const web = await startWeb({
  host: '127.0.0.1',
  port: 0,
  source: () => app,
  log: (line) => process.stderr.write(`${line}\n`),
});
try {
  const [load = 0] = loadavg();
  process.stdout.write(`${many} accounts, Node.js ${process.version}, load ${load.toFixed(1)}\n`);
  for (const path of [
    '/',
    '/accounts',
    '/accounts?name=user04',
    '/policies',
    '/runs',
    '/archives',
    '/api/v1/quota',
  ]) {
    const walls: number[] = [];
    const works: number[] = [];
    for (let time = 0; time < 11; time++) {
      const before = process.cpuUsage();
      walls.push(await timed(path));
      const { user, system } = process.cpuUsage(before);
      works.push((user + system) / 1000);
    }
    process.stdout.write(`${path.padEnd(24)} ${figures('wall', walls)}; ${figures('processor', works)}\n`);
  }
} finally {
  await web.close();
  await app[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
}

function figures(what: string, [first = 0, ...rest]: readonly number[]): string {
  const median = rest.toSorted((a, b) => a - b)[5] ?? 0;
  return `${what}: first ${first.toFixed(0)} ms, then ${median.toFixed(0)} ms`;
}

async function timed(path: string): Promise<number> {
  const begun = performance.now();
  const response = await fetch(`http://127.0.0.1:${web.port}${path}`);
  await response.text();
  if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
  return performance.now() - begun;
}

function fill(path: string): void {
  using database = new DatabaseSync(path);
  const now = Date.now();
  database.exec('BEGIN');
  const sample = database.prepare(
    `INSERT INTO samples VALUES ('main', ?, 'User quota', ?, ?, ?, NULL, NULL)`,
  );
  const newest = database.prepare(
    `INSERT INTO newest_samples VALUES ('main', ?, 'User quota', ?, ?, ?, NULL, NULL)`,
  );
  const scan = database.prepare(`INSERT INTO scans (server, account, at, error) VALUES ('main', ?, ?, ?)`);
  const run = database.prepare(
    `INSERT INTO runs (id, server, account, policy, started, finished, result, acted, report) VALUES (?, 'main', ?, ?, ?, ?, ?, ?, ?)`,
  );
  const report = JSON.stringify({
    archived: { messages: 3, bytes: 90_000 },
    deleted: { messages: 3, bytes: 90_000 },
    errors: [],
  });
  const limit = 2 ** 30;
  for (const [index, user] of users.entries()) {
    const used = Math.round(limit * ((index * 37) % 100) * 0.01);
    for (let day = 30; day >= 1; day--)
      sample.run(user, now - day * dayMs, Math.max(0, used - day * 1e6), limit);
    newest.run(user, now - dayMs, used, limit);
    scan.run(user, now - 600_000, index % 500 === 0 ? "can't log in: nothing listens there" : null);
    for (const name of policies) {
      const result = index % 250 === 0 ? 'failed' : 'success';
      const id = `${crypto.randomUUID()}/main/${user}/${name}`;
      run.run(id, user, name, now - 3_600_000, now - 3_500_000, result, index % 10 === 0 ? 1 : 0, report);
    }
  }
  database.exec('COMMIT');
}
