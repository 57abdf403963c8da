import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import fc from 'fast-check';
import { fromLineDate } from '../../src/format/from-date.ts';
import { fromLine } from '../../src/format/from-line.ts';

const cases: readonly (readonly [line: string, iso: string | null])[] = [
  ['From odd@example.org Thu Jan  1 00:00:00 1970', '1970-01-01T00:00:00.000Z'],
  ['From MAILER-DAEMON Wed Jan 05 12:34:56 2022', '2022-01-05T12:34:56.000Z'],
  ['From - Fri Mar 15 08:00:00 2019', '2019-03-15T08:00:00.000Z'],
  ['From a b c Fri Mar 15 08:00 2019', '2019-03-15T08:00:00.000Z'],
  ['From 12345@xxx Sat Feb 07 10:00:00 +0200 2015', '2015-02-07T08:00:00.000Z'],
  ['From x@y Sat Feb  7 10:00:00 2015 -0500', '2015-02-07T15:00:00.000Z'],
  ['From x@y Sat Feb  7 10:00:00 CET 2015', '2015-02-07T10:00:00.000Z'],
  ['From uucp Sat Feb  7 10:00:00 2015 remote from host', '2015-02-07T10:00:00.000Z'],
  ['From x@y Sat Feb 29 10:00:00 2015', null],
  ['From x@y Sat Feb  7 24:00:00 2015', null],
  ['From the start it was clear', null],
  ['From here on, Mon Jan is no date', null],
  ['From x@y Sat Feb  7 10:00:00 2015 and so on', null],
  ['from x@y Sat Feb  7 10:00:00 2015', null],
  [' From x@y Sat Feb  7 10:00:00 2015', null],
  ['From ', null],
  ['', null],
  [`From ${'x'.repeat(8000)} Sat Feb  7 10:00:00 2015`, '2015-02-07T10:00:00.000Z'],
  [`From ${'x'.repeat(8200)} Sat Feb  7 10:00:00 2015`, null],
];

for (const [line, iso] of cases) {
  test(`"${line.slice(0, 60)}" ${iso === null ? 'separates nothing' : `is of ${iso}`}`, () => {
    assert.equal(fromLineDate(Buffer.from(line))?.toISOString() ?? null, iso);
  });
}

test('the lines that archives and exports hold give their date back', () => {
  const dates = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(dates, (date) => {
      const line = Buffer.from(fromLine(null, date));
      assert.equal(fromLineDate(line.subarray(0, -1))?.getTime(), Math.floor(date.getTime() / 1000) * 1000);
    }),
  );
});
