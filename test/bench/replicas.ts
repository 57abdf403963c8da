/**
 * How much faster four replicas are than one, behind a line of 20 ms each way: `npm run bench:replicas
 * [ACCOUNTS] [MS]`. Each replica is allowed one connection at a time, so that its waiting is the limit and
 * not the processor of this machine, which all of them share. Prints one JSON document.
 */
import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startDaemonProcess } from '../integration/daemon.ts';
import { makeSite, policy } from '../integration/installation.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startDelayProxy } from './delay-proxy.ts';

const accounts = Number(process.argv[2] ?? 40);
const delayMs = Number(process.argv[3] ?? 20);
/** Connections of one replica. All together may have more than enough. */
const each = 1;
const mail = [note('one', 500), note('two', 600), note('young', 3)];

const dovecot = await startDovecot();
await using postgres = await startPostgres({ settings: { max_connections: '200' } });
const proxy = await startDelayProxy(dovecot.port, delayMs);
try {
  const loads = [loadavg()[0]];
  const one = await run(1);
  const four = await run(4);
  loads.push(loadavg()[0]);
  const result = { accounts, delayMs, each, one, four, timesFaster: one.seconds / four.seconds, loads };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
} finally {
  await proxy.stop();
  await dovecot.stop();
}

/** From the moment in which all accounts become due to the end of the last run. */
async function run(
  replicas: number,
): Promise<{ readonly seconds: number; readonly byReplica: readonly number[] }> {
  const users = Array.from({ length: accounts }, (_, index) => `r${replicas}user${index}@example.com`);
  for (const user of users) await seedUser(dovecot, user, mail);
  const archivePath = await mkdtemp(join(tmpdir(), 'mothball-replicas-'));
  const name = `replicas${replicas}`;
  const wish = {
    server: { port: proxy.port, maxConnections: each * replicas },
    users,
    policies: [policy('old', 365, { schedule: '0 0 1 1 *' })],
    archivePath,
    extra: {
      database: await postgres.database(name),
      http: { listen: '127.0.0.1:0' },
      daemon: { jitter: '1s' },
    },
  };
  const sites = await Promise.all(Array.from({ length: replicas }, () => makeSite(wish)));
  const [first] = sites;
  assert.ok(first !== undefined);
  const maker = await startDaemonProcess(first);
  await maker.stop();
  await postgres.sql(name, `UPDATE schedules SET since = since - ${500 * 86_400_000}::bigint`);
  assert.equal((await first.runProcess(['pause'])).code, 0);
  const daemons = await Promise.all(sites.map((site) => startDaemonProcess(site)));
  try {
    assert.equal((await first.runProcess(['resume'])).code, 0);
    const done = async (): Promise<number> =>
      Number(await postgres.sql(name, "SELECT count(DISTINCT account) FROM runs WHERE result = 'success'"));
    while ((await done()) < accounts) await sleep(200);
    const span = 'SELECT (max(finished) - min(started)) / 1000.0 FROM runs WHERE acted = 1';
    const acted = 'SELECT count(*) FROM runs WHERE acted = 1';
    assert.equal(Number(await postgres.sql(name, acted)), accounts);
    const byReplica = daemons.map(
      ({ lines }) => lines.filter(({ message }) => message.startsWith('old: success')).length,
    );
    return { seconds: Number(await postgres.sql(name, span)), byReplica };
  } finally {
    for (const daemon of daemons) await daemon.stop();
    for (const site of sites) await site.remove();
    await rm(archivePath, { recursive: true, force: true });
  }
}
