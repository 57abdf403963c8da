import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import { holderHere, isDead } from '../../../src/catalog/postgres/holder.ts';

const here = holderHere();
/** The boot and the process numbers, without the moment in which the process began. */
const boot = here.machine.slice(0, here.machine.lastIndexOf(' '));

test('a holder is dead only if the kernel says so: no such process, or another one of its number', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  assert.equal(isDead(here), false, 'this one');
  assert.equal(isDead({ pid: here.pid, machine: `${boot} 1` }), true, 'its number is that of another one');
  assert.equal(
    isDead({ pid, machine: 'another-boot pid:[1] 1' }),
    false,
    'of other machines nothing is known',
  );
  child.kill('SIGSTOP');
  assert.equal(isDead({ pid, machine: `${boot} 1` }), true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(isDead({ pid, machine: `${boot} 1` }), true, 'there is none');
});

test('a holder whose /proc is hidden from us is alive as long as its number is taken', () => {
  // Process 1 is there for everyone; what its /proc says is asked for under a number that has none.
  const hidden = { pid: -1, machine: `${boot} 1` };
  assert.equal(isDead(hidden), false, 'a signal can be sent to it');
});
