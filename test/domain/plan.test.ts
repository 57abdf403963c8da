import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes, uidValidity } from '../../src/domain/brands.ts';
import { sameFolder } from '../../src/domain/folder.ts';
import { exceeded, totals } from '../../src/domain/plan.ts';

const limits = { maxMessages: 10, maxBytes: bytes(1000), maxPercent: 50 };

const cases: readonly (readonly [
  name: string,
  leaving: readonly [number, number],
  held: readonly [number, number],
  broken: readonly string[],
])[] = [
  ['within every limit nothing is broken', [5, 500], [10, 1000], []],
  ['too many messages break maxMessages', [11, 10], [100, 1000], ['maxMessages messages']],
  ['too many octets break maxBytes', [1, 1001], [100, 10_000], ['maxBytes bytes']],
  ['the share of messages counts by itself', [6, 10], [10, 1000], ['maxPercent messages']],
  ['the share of octets counts by itself', [1, 501], [10, 1000], ['maxPercent bytes']],
  ['nothing leaves an empty mailbox', [0, 0], [0, 0], []],
];

for (const [name, [messages, size], [heldMessages, heldBytes], broken] of cases) {
  test(name, () => {
    const found = exceeded(
      { messages, bytes: bytes(size) },
      { messages: heldMessages, bytes: bytes(heldBytes) },
      limits,
    );
    assert.deepEqual(
      found.map(({ limit, of }) => `${limit} ${of}`),
      broken,
    );
  });
}

test('totals add up messages and octets', () => {
  assert.deepEqual(totals([{ size: bytes(3) }, { size: bytes(4) }]), { messages: 2, bytes: 7 });
});

test('a folder with the same UIDVALIDITY and another MAILBOXID is another folder', () => {
  const one = { uidValidity: uidValidity(7), mailboxId: 'a' };
  assert.ok(sameFolder(one, { ...one }));
  assert.ok(!sameFolder(one, { ...one, mailboxId: 'b' }));
  assert.ok(!sameFolder(one, { ...one, uidValidity: uidValidity(8) }));
});
