import assert from 'node:assert/strict';
import test from 'node:test';
import { dateHeaderBounds, parseDateHeader, plausible } from '../../src/domain/dates.ts';
import { daysAgo, now } from './subjects.ts';

const headers: readonly (readonly [text: string, iso: string | null])[] = [
  ['Fri, 21 Nov 1997 09:55:06 -0600', '1997-11-21T15:55:06.000Z'],
  ['21 Nov 1997 09:55 +0100', '1997-11-21T08:55:00.000Z'],
  ['Fri, 21 Nov 1997 09(comment):   55  :  06 -0600', '1997-11-21T15:55:06.000Z'],
  ['Thu, 13 Feb 1969 23:32:54 -0330 (Newfoundland Time)', '1969-02-14T03:02:54.000Z'],
  ['1 Jan 2020 00:00:00 GMT', '2020-01-01T00:00:00.000Z'],
  ['1 Jan 2020 00:00:00 EDT', '2020-01-01T04:00:00.000Z'],
  ['31 Feb 2020 00:00:00 +0000', null],
  ['1 Jan 2020 24:00:00 +0000', null],
  ['1 Foo 2020 00:00:00 +0000', null],
  ['1 Jan 20 00:00:00 +0000', '2020-01-01T00:00:00.000Z'],
  ['1 Jan 98 00:00:00 +0000', '1998-01-01T00:00:00.000Z'],
  ['1 Jan 120 00:00:00 +0000', '2020-01-01T00:00:00.000Z'],
  ['1 Jan 2 00:00:00 +0000', null],
  ['Wed 1 Jan 2020 00:00:00 UTC', '2020-01-01T00:00:00.000Z'],
  ['Wednesday, 1 January 2020 00:00 +01:00', '2019-12-31T23:00:00.000Z'],
  ['01-Jan-2020 00:00:00 GMT+0100', '2019-12-31T23:00:00.000Z'],
  ['1 Jan 2020 00:00:00 A', '2020-01-01T00:00:00.000Z'],
  ['1 Jan 2020 00:00:00 XYZ', '2020-01-01T00:00:00.000Z'],
  ['1 Jan 2020 00:00:00', '2020-01-01T00:00:00.000Z'],
  ['Someday, 1 Jan 2020 00:00:00 +0000', null],
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

test('without a zone that is certain, the time of a Date header is known within 14 hours', () => {
  const certain = dateHeaderBounds('1 Jan 2020 00:00:00 EST');
  assert.deepEqual(certain, { from: new Date('2020-01-01T05:00Z'), to: new Date('2020-01-01T05:00Z') });
  for (const zone of ['', ' JST', ' A'])
    assert.deepEqual(dateHeaderBounds(`1 Jan 2020 00:00:00${zone}`), {
      from: new Date('2019-12-31T10:00Z'),
      to: new Date('2020-01-01T14:00Z'),
    });
  assert.equal(dateHeaderBounds('soon'), null);
});
