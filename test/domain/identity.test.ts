import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import { anotherMessage, type Recorded, sameMessage } from '../../src/domain/identity.ts';
import { daysAgo, message, type MessageParts } from './subjects.ts';

const recorded: Recorded = {
  size: bytes(1000),
  internalDate: daysAgo(100),
  emailId: 'M1',
  sizeMismatch: false,
  reason: null,
};

const cases: readonly (readonly [
  name: string,
  recorded: Partial<Recorded>,
  parts: MessageParts,
  same: boolean,
])[] = [
  ['equal size, date and EMAILID', {}, { emailId: 'M1' }, true],
  ['a server without EMAILID', {}, {}, true],
  [
    'a fraction of a second, which IMAP does not carry',
    { internalDate: new Date(daysAgo(100).getTime() + 999) },
    {},
    true,
  ],
  ['a wrong size that was wrong when archived', { sizeMismatch: true }, { size: 7 }, true],
  ['another EMAILID', {}, { emailId: 'M2' }, false],
  ['another size', {}, { size: 1001 }, false],
  ['another INTERNALDATE', {}, { internalDate: daysAgo(99) }, false],
  ['no INTERNALDATE', {}, { internalDate: null }, false],
  ['no size', {}, { size: null }, false],
  ['a UID that was found to name another message', { reason: anotherMessage }, {}, false],
];

for (const [name, parts, seen, same] of cases) {
  test(`${name}: ${same ? 'may be the archived message' : 'is not the archived message'}`, () => {
    assert.equal(sameMessage({ ...recorded, ...parts }, message(seen)), same);
  });
}
