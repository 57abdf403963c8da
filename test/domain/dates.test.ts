import assert from 'node:assert/strict';
import test from 'node:test';
import { parseDateHeader, plausible } from '../../src/domain/dates.ts';
import { daysAgo, now } from './subjects.ts';

const headers: readonly (readonly [text: string, iso: string | null])[] = [
  ['Fri, 21 Nov 1997 09:55:06 -0600', '1997-11-21T15:55:06.000Z'],
  ['21 Nov 1997 09:55 +0100', '1997-11-21T08:55:00.000Z'],
  ['Fri, 21 Nov 1997 09(comment):   55  :  06 -0600', null],
  ['Thu, 13 Feb 1969 23:32:54 -0330 (Newfoundland Time)', '1969-02-14T03:02:54.000Z'],
  ['1 Jan 2020 00:00:00 GMT', '2020-01-01T00:00:00.000Z'],
  ['1 Jan 2020 00:00:00 EDT', '2020-01-01T04:00:00.000Z'],
  ['31 Feb 2020 00:00:00 +0000', null],
  ['1 Jan 2020 24:00:00 +0000', null],
  ['1 Foo 2020 00:00:00 +0000', null],
  ['1 Jan 20 00:00:00 +0000', null],
  ['1 Jan 2020 00:00:00 XYZ', null],
  ['1 Jan 2020 00:00:00', null],
  ['2020-01-01T00:00:00Z', null],
  ['', null],
];

for (const [text, iso] of headers) {
  test(`the Date header "${text}" is ${iso ?? 'not readable'}`, () => {
    assert.equal(parseDateHeader(text)?.toISOString() ?? null, iso);
  });
}

test('only dates from 1980 until now are plausible', () => {
  assert.equal(plausible(null, now), null);
  assert.equal(plausible(new Date(0), now), null);
  assert.equal(plausible(daysAgo(-0.001), now), null);
  assert.equal(plausible(new Date(Number.NaN), now), null);
  assert.deepEqual(plausible(daysAgo(1), now), daysAgo(1));
});
