import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  decodeReason,
  encodeReason,
  type Reason,
  type ReasonCode,
  reasonText,
} from '../../src/domain/reason.ts';

type DetailedCode = Extract<Reason, { readonly detail: string }>['code'];
type PlainCode = Exclude<ReasonCode, DetailedCode>;

/** All of them: tsc refuses a code that is missing here, and one that is none. */
const plain: Readonly<Record<PlainCode, true>> = {
  'size-unknown': true,
  'flags-unknown': true,
  'date-unknown': true,
  'no-match': true,
  flagged: true,
  draft: true,
  deleted: true,
  restored: true,
  'notice-unread': true,
  trashed: true,
  'in-grace': true,
  archived: true,
  'not-needed': true,
  'too-large-for-spool': true,
  'too-large-for-store': true,
  'another-message': true,
  'copy-differs': true,
  'another-folder': true,
  'folder-gone': true,
  'folder-refused': true,
  'folder-not-covered': true,
  'size-wrong': true,
  'policy-gone': true,
  'policy-plans': true,
  'policy-keeps': true,
  'account-not-covered': true,
  'store-gone': true,
  'target-reached': true,
  'archive-damaged': true,
  'archive-unproved': true,
  'account-erased': true,
  'gone-elsewhere': true,
  'changed-meanwhile': true,
  'not-removed': true,
  'labels-unknown': true,
  'labels-changed': true,
  'gmail-id-unknown': true,
  'moved-back': true,
  'left-in-trash': true,
  'no-move': true,
  'no-uidplus': true,
  'no-trash': true,
  'in-trash': true,
  'not-moved': true,
  'move-unconfirmed': true,
  'move-without-copyuid': true,
  'move-incomplete': true,
};
const detailed: Readonly<Record<DetailedCode, true>> = {
  quarantined: true,
  undecidable: true,
  held: true,
  'label-excluded': true,
  'label-not-selected': true,
  'batch-small': true,
  'copy-missing': true,
  'archive-quarantined': true,
  'archive-expired': true,
  'delete-refused': true,
  'move-refused': true,
  other: true,
};

const plainReasons = keysOf(plain).map((code): Reason => ({ code }));
const detailedCodes = keysOf(detailed);
const anyReason: fc.Arbitrary<Reason> = fc.oneof(
  fc.constantFrom(...plainReasons),
  fc.record(
    { code: fc.constantFrom(...detailedCodes), detail: fc.string({ unit: 'binary' }) },
    { noNullPrototype: true },
  ),
);

function keysOf<K extends string>(record: Readonly<Record<K, true>>): readonly K[] {
  // The record has no other keys: its type is exact.
  return Object.keys(record).filter((key): key is K => Object.hasOwn(record, key));
}

test('every reason comes back from the catalog as it was stored, whatever its detail', () => {
  for (const reason of plainReasons) assert.deepEqual(decodeReason(encodeReason(reason)), reason);
  for (const code of detailedCodes) {
    for (const detail of ['case', '', ': ', 'a: b', 'flagged', 'held: case'])
      assert.deepEqual(decodeReason(encodeReason({ code, detail })), { code, detail });
  }
  fc.assert(fc.property(anyReason, (reason) => assert.deepEqual(decodeReason(encodeReason(reason)), reason)));
});

test('different reasons are stored as different texts', () => {
  fc.assert(
    fc.property(anyReason, anyReason, (a, b) => {
      fc.pre(a.code !== b.code || a.detail !== b.detail);
      assert.notEqual(encodeReason(a), encodeReason(b));
    }),
  );
});

for (const text of [
  'the server did not say why',
  'archive damaged or missing',
  'Flagged',
  'flagged ',
  'flagged: yes',
  'held',
  'held:case',
  ': case',
  'toString',
  'constructor: x',
  '__proto__',
  '',
]) {
  test(`a stored text that no version wrote is kept as a sentence: ${JSON.stringify(text)}`, () => {
    assert.deepEqual(decodeReason(text), { code: 'other', detail: text });
    assert.equal(reasonText(decodeReason(text)), text);
  });
}

test('a reason is a sentence for people: not empty, one line, without a final period', () => {
  const sentences = [
    ...plainReasons,
    ...detailedCodes.map((code): Reason => ({ code, detail: 'the detail' })),
  ].map(reasonText);
  for (const text of sentences) assert.match(text, /^[^\s.][^\n]*[^\s.]$/);
});

test('no two codes have one sentence', () => {
  const sentences = plainReasons.map(reasonText);
  assert.deepEqual(
    sentences.filter((text, index) => sentences.indexOf(text) !== index),
    [],
  );
});

test('a sentence names the detail that completes it', () => {
  for (const code of detailedCodes) assert.match(reasonText({ code, detail: 'the detail' }), /the detail/);
});
