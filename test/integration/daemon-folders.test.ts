import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { startProxy } from '../fault/imap-proxy.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { startDaemon, startDaemonProcess, until } from './daemon.ts';
import { makeSite, policy } from './installation.ts';

test('a scan of folders counts as done when every account was read, not before', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  let asked = (): void => {};
  const asking = new Promise<void>((resolve) => (asked = resolve));
  const proxy = await startProxy(dovecot, {
    onCommand({ name }) {
      if (name !== 'LIST') return 'pass';
      asked();
      return 'swallow';
    },
  });
  t.after(() => proxy.stop());
  const site = await makeSite({
    server: { port: proxy.port },
    users: ['alice@example.com', 'bob@example.com'],
    policies: [policy('old', 365, { schedule: '0 0 1 1 *' })],
  });
  t.after(() => site.remove());
  const isDone = (): boolean => {
    using database = new DatabaseSync(site.database, { readOnly: true });
    return database.prepare("SELECT 1 FROM done WHERE job = 'scan folders'").get() !== undefined;
  };

  const daemon = await startDaemonProcess(site, { args: ['--grace', '1s'] });
  t.after(() => daemon.kill('SIGKILL'));
  await asking;
  assert.equal(await daemon.stop(), 143);
  assert.equal(isDone(), false, 'no folder of anybody was read');

  proxy.rules = {};
  const next = await startDaemon(site);
  t.after(() => next.stop());
  await until(async () => isDone());
  assert.equal(await next.stop(), 143);
});
