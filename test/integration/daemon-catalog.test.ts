import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import test, { type TestContext } from 'node:test';
import { type DaemonProcess, startDaemonProcess, until } from './daemon.ts';
import { makeSite, policy, type Site } from './installation.ts';
import { launcher } from './mothball.ts';

async function siteFor(t: TestContext): Promise<Site> {
  const site = await makeSite({
    server: { port: 9 },
    policies: [policy('old', 365, { schedule: '0 0 1 1 *' })],
    extra: { http: { listen: '127.0.0.1:0' } },
  });
  t.after(() => site.remove());
  return site;
}

async function running(t: TestContext): Promise<{ readonly site: Site; readonly daemon: DaemonProcess }> {
  const site = await siteFor(t);
  const daemon = await startDaemonProcess(site);
  t.after(() => daemon.stop());
  return { site, daemon };
}

function rename({ database }: Site, from: string, to: string): void {
  using connection = new DatabaseSync(database, { timeout: 5_000 });
  connection.exec(`ALTER TABLE ${from} RENAME TO ${to}`);
}

test('a daemon outlives a catalog that fails for a moment, and is not ready meanwhile', async (t) => {
  const { site, daemon } = await running(t);
  rename(site, 'verification_totals', 'away');
  await daemon.line(/^the catalog can't be used: .*verification_totals/);
  await until(async () => (await daemon.get('/readyz')).status !== 200);
  assert.equal((await daemon.get('/livez')).status, 200);
  rename(site, 'away', 'verification_totals');
  await until(async () => (await daemon.get('/readyz')).status === 200);
  assert.equal(await daemon.stop(), 143);
});

test('a daemon whose catalog goes on failing ends in good order, and says so with its exit code', async (t) => {
  const { site, daemon } = await running(t);
  rename(site, 'verification_totals', 'away');
  await daemon.line(/^the daemon can't continue: .*verification_totals/);
  assert.equal(await daemon.ended, 1);
  assert.equal(daemon.lines.filter(({ message }) => message.startsWith("the catalog can't")).length, 5);
  assert.equal(daemon.lines.at(-1)?.message, 'stopped');
});

test('SIGHUP from the first line of the log to the last is no reason to end', async (t) => {
  const site = await siteFor(t);
  const child = spawn(process.execPath, [launcher, 'daemon'], {
    cwd: site.dir,
    env: { PATH: process.env['PATH'] ?? '', HOME: site.dir, MOTHBALL_LOG: 'info' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  const ended = once(child, 'close');
  child.stderr.on('data', (data: Buffer) => {
    const first = said === '';
    said += data.toString();
    child.kill('SIGHUP');
    if (first) child.kill('SIGTERM');
  });
  assert.deepEqual(await ended, [143, null], said);
  assert.match(said, /"stopped"/);
});
