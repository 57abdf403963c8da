import assert from 'node:assert/strict';
import test from 'node:test';
import { expireStore } from '../../src/expire/expire.ts';
import { expireSite, usual } from './world.ts';

test('while Mothball is paused no archive is removed, and the reason is given', async (t) => {
  const site = await expireSite(t, (store) => store);
  for (const [number, age] of [40, 20, 20, 20, 20, 20].entries()) await site.add(number + 1, age);
  const { catalog, clock } = site.work;
  await catalog.pause({ since: clock.now(), who: 'tester', reason: 'audit' });
  const before = await site.keys();
  await assert.rejects(expireStore(site.work, usual), { code: 'interrupted', message: /paused by tester/ });
  assert.deepEqual(await site.keys(), before);
  await catalog.resume();
  assert.equal((await expireStore(site.work, usual))?.removed.length, 1);
});
