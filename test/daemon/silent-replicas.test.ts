import assert from 'node:assert/strict';
import test from 'node:test';
import { SilentReplicas } from '../../src/daemon/silent-replicas.ts';

const at = (second: number): Date => new Date(Date.UTC(2026, 5, 1, 12, 0, second));
const daemon = (id: string, second: number) => ({
  id,
  host: 'host',
  pid: 1,
  state: '{}',
  started: at(0),
  seen: at(second),
});

test('a replica that falls silent is noticed once, and again after it was heard of', async () => {
  let daemons = [daemon('one', 0), daemon('two', 0)];
  const silent = new SilentReplicas();
  const look = (second: number) => silent.look({ daemons: () => Promise.resolve(daemons) }, at(second));
  assert.equal(await look(10), false, 'both are alive');
  daemons = [daemon('one', 29), daemon('two', 0)];
  assert.equal(await look(30), true);
  assert.equal(await look(31), false, 'known');
  daemons = [daemon('one', 59), daemon('two', 58)];
  assert.equal(await look(60), false);
  daemons = [daemon('one', 89), daemon('two', 58)];
  assert.equal(await look(90), true);
  daemons = [daemon('one', 119)];
  assert.equal(await look(120), false, 'one that stopped in good order has no record');
});
