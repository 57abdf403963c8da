import assert from 'node:assert/strict';
import test from 'node:test';
import { LoginFailures, networkOf } from '../../src/web/login-failures.ts';

/** Failures of these addresses, one after the other, at a clock that stands until it is moved. */
function after(addresses: readonly string[]): { readonly failures: LoginFailures; pass(ms: number): void } {
  const clock = { now: 1_000_000 };
  const failures = new LoginFailures(() => clock.now);
  for (const address of addresses) failures.failed(address);
  return { failures, pass: (ms) => void (clock.now += ms) };
}

const times = (count: number, address: string): readonly string[] =>
  Array.from({ length: count }, () => address);

test('nine failures leave the door open, ten close it for the rest of the minute', () => {
  assert.equal(after(times(9, '192.0.2.1')).failures.waitMs('192.0.2.1'), 0);
  const { failures, pass } = after(times(10, '192.0.2.1'));
  assert.equal(failures.waitMs('192.0.2.1'), 60_000);
  pass(59_999);
  assert.equal(failures.waitMs('192.0.2.1'), 1);
  pass(1);
  assert.equal(failures.waitMs('192.0.2.1'), 0);
  assert.equal(failures.failed('192.0.2.1'), false, 'counted anew');
});

test('only the failure that closes the door is told', () => {
  const { failures } = after(times(9, '192.0.2.1'));
  assert.deepEqual([failures.failed('192.0.2.1'), failures.failed('192.0.2.1')], [true, false]);
});

test('another address is another door; one IPv6 network is one', () => {
  const { failures } = after([...times(10, '192.0.2.1'), ...times(10, '2001:db8::1')]);
  assert.equal(failures.waitMs('192.0.2.2'), 0);
  assert.notEqual(failures.waitMs('2001:db8::ffff'), 0);
  assert.notEqual(failures.waitMs('2001:db8:0:0:a:b:c:d'), 0);
  assert.equal(failures.waitMs('2001:db8:0:1::1'), 0);
  assert.equal(failures.waitMs('::1'), 0);
});

test('a port, brackets, a zone or another spelling of an address do not make it another door', () => {
  const spellings = {
    '192.0.2.1': ['192.0.2.1:5678', '192.0.2.1:1', ' 192.0.2.1', '::ffff:192.0.2.1', '[::FFFF:c000:201]:9'],
    '2001:db8:0:0': [
      '2001:db8::1',
      '[2001:db8::1]:443',
      '[2001:db8::2]',
      '2001:0DB8:0000:0::9',
      '2001:db8::192.0.2.1',
      '2001:db8::1%eth0',
    ],
    unknown: ['', 'unknown', '_hidden', '192.0.2.1.5', '999.1.1.1:3', '[::1', 'a b'],
  };
  for (const [network, all] of Object.entries(spellings))
    for (const one of all) assert.equal(networkOf(one), network, one);
});

test('addresses beyond ten thousand push out the oldest, and memory stays', () => {
  const crowd = Array.from({ length: 10_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
  const { failures } = after([...times(10, '192.0.2.1'), ...crowd]);
  assert.equal(failures.waitMs('192.0.2.1'), 0);
});
