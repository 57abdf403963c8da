import assert from 'node:assert/strict';
import test from 'node:test';
import { formatDateTime, formatDay, parseDateTime } from '../../src/imap/date-time.ts';

test('date-times are read with their zone', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['17-Jul-1996 02:44:25 -0700', '1996-07-17T09:44:25.000Z'],
    [' 1-Jan-2020 00:00:00 +0000', '2020-01-01T00:00:00.000Z'],
    ['1-jan-2020 00:00:00 +0530', '2019-12-31T18:30:00.000Z'],
    ['29-Feb-2024 23:59:60 +0000', '2024-02-29T23:59:59.000Z'],
    ['01-Jan-1970 00:00:00 +0000', '1970-01-01T00:00:00.000Z'],
    ['01-Jan-0001 00:00:00 +0000', '0001-01-01T00:00:00.000Z'],
    // What servers send in its place.
    ['Wed, 01 Jan 2020 00:00:00 +0000', '2020-01-01T00:00:00.000Z'],
    ['Wed, 1 Jan 2020 00:00:00 +0100 (CET)', '2019-12-31T23:00:00.000Z'],
    ['01-Jan-2020 7:05:09 +0000', '2020-01-01T07:05:09.000Z'],
    ['01-Jan-2020 00:00:00 +01:00', '2019-12-31T23:00:00.000Z'],
    ['01-Jan-2020 00:00:00 GMT', '2020-01-01T00:00:00.000Z'],
    ['01-Jan-2020 00:00:00 UTC', '2020-01-01T00:00:00.000Z'],
    ['01-Jan-2020 00:00:00 Z', '2020-01-01T00:00:00.000Z'],
    ['01-Jan-2020 00:00:00.000 +0000', '2020-01-01T00:00:00.000Z'],
  ];
  for (const [text, iso] of cases) assert.equal(parseDateTime(text)?.toISOString(), iso, text);
});

test('what is no date-time is unknown', () => {
  const texts = [
    '',
    '30-Feb-2020 00:00:00 +0000',
    '00-Jan-2020 00:00:00 +0000',
    '01-Foo-2020 00:00:00 +0000',
    '01-Jan-20 00:00:00 +0000',
    '01-Jan-2020 24:00:00 +0000',
    '01-Jan-2020 00:60:00 +0000',
    '01-Jan-2020 00:00:00',
    '01-Jan-2020 00:00:00 +9900',
    'Mon, 1 Jan 2020 00:00:00 +0000',
  ];
  for (const text of texts) assert.equal(parseDateTime(text), null, text);
});

test('dates are written in UTC and read back the same', () => {
  const date = new Date('2001-02-03T04:05:06Z');
  assert.equal(formatDateTime(date), ' 3-Feb-2001 04:05:06 +0000');
  assert.deepEqual(parseDateTime(formatDateTime(date)), date);
  assert.equal(formatDay(new Date('2020-12-31T23:59:59Z')), '31-Dec-2020');
});
