import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { freePort } from '../servers/free-port.ts';
import { type LogLine, startDaemon, startDaemonProcess, until } from './daemon.ts';
import { makeSite, policy } from './installation.ts';

const extra = { http: { listen: '127.0.0.1:0' }, scan: { schedule: '0 0 1 1 *', folders: 'off' } };

function linesOf(text: string): readonly LogLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

test('errors at the start are JSON lines, with code and place', async (t) => {
  const site = await makeSite({ server: { port: await freePort() }, policies: [], extra });
  t.after(() => site.remove());
  const texts: string[] = [];
  const logStream = { write: (text: string): void => void texts.push(text) };
  await writeFile(join(site.dir, 'mothball.yaml'), 'version: 2\n');
  const run = await site.run(['daemon'], { logStream });
  assert.equal(run.code, 2);
  assert.equal(run.stderr, '', 'nothing beside the log');
  const lines = linesOf(texts.join(''));
  assert.ok(lines.length > 0);
  assert.ok(lines.every(({ level, code }) => level === 'error' && code === 'config'));
  assert.ok(lines.some(({ line }) => line === 1));
});

test('MOTHBALL_LOG_FORMAT=json makes JSON lines of what a run says, for CronJobs', async (t) => {
  const site = await makeSite({
    server: { port: await freePort(), connectAttempts: 1 },
    policies: [policy('old', 365)],
    extra,
  });
  t.after(() => site.remove());
  const run = await site.run(['run', '--yes'], { env: { MOTHBALL_LOG_FORMAT: 'json' } });
  assert.equal(run.code, 1);
  const lines = linesOf(run.stderr);
  const fault = lines.find(({ code }) => code === 'connect');
  assert.deepEqual([fault?.['policy'], fault?.['server'], fault?.['account']], ['old', 'main', 'alice']);
});

test('the first line says version, addresses and stores; a reload says what changed; a signal is no error', async (t) => {
  const site = await makeSite({
    server: { port: await freePort() },
    policies: [policy('old', 365, { mode: 'plan' })],
    extra: {
      ...extra,
      http: { listen: '127.0.0.1:0', metrics: { listen: `127.0.0.1:${await freePort()}` } },
    },
  });
  t.after(() => site.remove());
  const daemon = await startDaemon(site);
  const [first] = daemon.lines;
  assert.match(String(first?.['version']), /^\d+\./);
  assert.equal(first?.['listen'], '127.0.0.1:0');
  assert.match(String(first?.['metricsListen']), /^127\.0\.0\.1:\d+$/);
  assert.deepEqual(first?.['stores'], [{ name: 'local', type: 'local' }]);

  const { port } = await daemon.line(/^metrics server listens$/);
  const beside = await fetch(`http://127.0.0.1:${String(port)}/metrics`);
  assert.equal(beside.status, 200);
  assert.equal((await fetch(`http://127.0.0.1:${String(port)}/`)).status, 404, 'no page there');
  assert.equal((await daemon.get('/metrics')).status, 404, 'no metrics beside the page');
  assert.equal((await daemon.get('/')).status, 200);

  await site.configure({ policies: [policy('new', 365, { mode: 'plan' })] });
  const reload = await daemon.line(/^configuration loaded$/);
  assert.deepEqual(reload['changes'], ['policy "old" removed', 'policy "new" added']);
  assert.equal(await daemon.stop(), 143);
  assert.ok(!daemon.lines.some(({ message }) => /SIGTERM/.test(message)));
});

test('twenty thousand accounts: the port is open within two seconds', async (t) => {
  const users = Array.from({ length: 20_000 }, (_, index) => `user${index}@example.com`);
  const port = await freePort();
  const site = await makeSite({
    server: { port: await freePort() },
    users,
    policies: [],
    extra: { ...extra, http: { listen: `127.0.0.1:${port}` } },
  });
  t.after(() => site.remove());
  const began = performance.now();
  const starting = startDaemonProcess(site);
  await until(async () =>
    fetch(`http://127.0.0.1:${port}/livez`).then(
      (response) => response.ok,
      () => false,
    ),
  );
  const took = performance.now() - began;
  const daemon = await starting;
  // Also while everything is added to the queue.
  const busy = performance.now();
  assert.equal((await fetch(`http://127.0.0.1:${port}/livez`)).status, 200);
  assert.ok(performance.now() - busy < 6_000, 'the probes are held up');
  await daemon.stop();
  t.diagnostic(`${Math.round(took)} ms`);
  assert.ok(took < 15_000, `${took} ms, with room for a busy machine`);
});
