import assert from 'node:assert/strict';
import test from 'node:test';
import { looseDate } from '../../src/format/loose-date.ts';

/** All of one moment. */
const same: readonly string[] = [
  'Mon, 06 Jan 2020 10:00:00 UTC',
  'Mon, 06 Jan 2020 10:00:00',
  'Mon, 06 Jan 20 10:00:00 +0000',
  '06 JAN 20 10:00:00 UT',
  'Monday, January 06, 2020 10:00 AM',
  'Mon Jan  6 10:00:00 2020',
  'Mon Jan  6 05:00:00 EST 2020',
  '2020-01-06T10:00:00Z',
  '2020-01-06 11:00:00.123 +01:00',
  'Mon, 06 Jan 2020 19:00:00 JST',
  'Mon, 06 Jan 2020 11:00:00 CET',
  'Mon, 06 Jan 2020 12:00:00 (GMT+02:00)',
  'Mon, 06 Jan 2020 10:00:00 &#43;0000',
  'Mon, 06 Jan 2020 10:00:00 "GMT"',
  'Mon, 06 Jan 2020 10.00.00 +0000',
  'Mon, 06 Jan 120 10:00:00 +0000',
  '06-01-2020 10:00',
  '06.01.2020 10:00',
  'lun., 06 janv. 2020 10:00:00 +0000',
  'Montag, 6. Januar 2020 10:00',
  'lunes, 6 de enero de 2020 10:00:00',
  'Mon, 06 Jan 2020 05:00:00 EST',
  'Mon, 06 Jan 2020 02:00:00 PST',
  'Mon, 06 Jan 2020 04:00:00 -0600 (CST)',
  'Mon, 06 Jan 2020 12:00:00 +2',
  'Mon, 06 Jan 2020 12:00:00 +02',
  'Mon, 06 Jan 2020 12:00:00 +200',
  'Mon, 06 Jan 2020 12:00:00 UTC+2',
  '2020年1月6日 10:00',
  '2020년 1월 6일 10:00',
  '6 января 2020 10:00',
  '20200106T100000Z',
  '20200106100000',
  '10:00 06-01-2020',
];
for (const text of same) {
  test(`"${text}" is read where mail is imported`, () => {
    assert.equal(looseDate(text)?.toISOString(), '2020-01-06T10:00:00.000Z');
  });
}

test('a day alone is its midnight, and what can be read in two ways is not read', () => {
  assert.equal(looseDate('1999/01/31')?.toISOString(), '1999-01-31T00:00:00.000Z');
  assert.equal(looseDate('4/29/2017 11:34 PM')?.toISOString(), '2017-04-29T23:34:00.000Z');
  for (const text of ['04/05/2017 10:00', 'soon', '', '31 Feb 2020 10:00', '2020-13-01'])
    assert.equal(looseDate(text), null, text);
});
