/**
 * How long the pages take with a million messages in PostgreSQL: `npm run bench:page-million [MESSAGES]`, or
 * with the URL of a database that `bench:search` filled. Prints the first answer and the median of ten more,
 * in milliseconds.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { compose } from '../../src/compose.ts';
import { loadConfig } from '../../src/config/load.ts';
import { startWeb } from '../../src/web/server.ts';
import { noSecrets } from '../config/files.ts';
import { policy } from '../integration/installation.ts';
import { openMail } from './search-databases.ts';

const wish = process.argv[2] ?? '1000000';
const users = Array.from({ length: 100 }, (_, index) => `user${index}`);
const paths = ['/', '/accounts', '/accounts/main/user7', '/policies', '/runs', '/stores', '/archives'];

await using opened = new AsyncDisposableStack();
const database = wish.includes(':') ? wish : opened.use(await openMail('postgres', Number(wish))).place;
const dir = await mkdtemp(join(tmpdir(), 'mothball-page-'));
opened.defer(() => rm(dir, { recursive: true, force: true }));
await writeFile(join(dir, 'password'), 'secret\n', { mode: 0o600 });
await writeFile(join(dir, 'policies.json'), JSON.stringify({ version: 1, policies: [policy('old', 730)] }));
const config = {
  version: 1,
  servers: { main: { host: '127.0.0.1', port: 1, tls: 'none' } },
  accounts: [{ users, server: 'main', passwordFile: './password' }],
  stores: { local: { type: 'local', path: './archive', ephemeral: true } },
  policies: ['policies.json'],
  database,
  http: { listen: '127.0.0.1:0' },
};
await writeFile(join(dir, 'mothball.yaml'), JSON.stringify(config));
const app = opened.use(
  await compose(await loadConfig(join(dir, 'mothball.yaml'), noSecrets), {
    database: 'existing',
    progress: { begin() {}, advance() {}, end() {}, note() {} },
    signal: new AbortController().signal,
    clock: { now: () => new Date() },
  }),
);
const log = (line: string): void => void process.stderr.write(`${line}\n`);
const web = await startWeb({ host: '127.0.0.1', port: 0, source: () => app, log });
opened.defer(() => web.close());
for (const path of paths) {
  const walls: number[] = [];
  for (let time = 0; time < 11; time += 1) {
    const begun = performance.now();
    const response = await fetch(`http://127.0.0.1:${web.port}${path}`);
    await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    walls.push(performance.now() - begun);
  }
  const [first = 0, ...more] = walls;
  const median = more.toSorted((a, b) => a - b)[5] ?? 0;
  process.stdout.write(`${path.padEnd(24)} first ${first.toFixed(0)}, median ${median.toFixed(0)}\n`);
}
process.stdout.write(`load average ${loadavg()[0]?.toFixed(1)}\n`);
