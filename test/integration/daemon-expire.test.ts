import assert from 'node:assert/strict';
import test from 'node:test';
import { startDovecot } from '../servers/dovecot.ts';
import { afterDowntime, startDaemon, until } from './daemon.ts';
import { assertExit } from './installation.ts';
import { archived, later, states } from './retaining-site.ts';

test('archives past their retain are removed on schedule, and not while Mothball is paused', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  const site = await archived(t, dovecot, 'alice@example.com', ['INBOX', 'Lists'], {
    extra: { expire: { schedule: '0 0 * * *', maxPercent: 100 } },
  });
  await afterDowntime(site, 0);
  assertExit(await site.run(['pause']), 0);
  const daemon = await startDaemon(site, later);
  t.after(() => daemon.stop());
  await daemon.line(/^expire in store "local" stopped: paused by /);
  assert.deepEqual(await states(site), ['verified', 'verified']);
  assertExit(await site.run(['resume'], later), 0);
  await daemon.line(/^expire: 2 archives removed$/);
  await until(async () => (await states(site)).every((state) => state === 'expired'));
  assert.deepEqual(site.archives(), []);
  assert.equal(await daemon.stop(), 143);

  const next = await startDaemon(site, later);
  assert.equal(await next.stop(), 143);
  assert.ok(!next.lines.some(({ message }) => message.startsWith('expire')), 'once only');
});
