import assert from 'node:assert/strict';
import test from 'node:test';
import { cronFault, longestGap } from '../../src/domain/cron.ts';

test('five fields with lists, ranges, steps and names are accepted', () => {
  for (const expression of [
    '15 2 * * *',
    '*/30 * * * *',
    '0,15,30-45/5 8-18 1 jan-jun MON-fri',
    '0 0 29 2 *',
    '0 0 31 2 1',
    '0 0 * * 7',
    '  5   4 * * sun ',
  ])
    assert.equal(cronFault(expression), null, expression);
});

test('a faulty expression is refused by the field at fault', () => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['', /five fields .* found 1/],
    ['* * * *', /found 4/],
    ['0 15 2 * * *', /found 6/],
    ['@daily', /found 1/],
    ['60 * * * *', /minute: "60" is not in 0-59/],
    ['* 24 * * *', /hour: "24"/],
    ['* * 0 * *', /day of month: "0"/],
    ['* * * 13 *', /month: "13"/],
    ['* * * foo *', /month: "foo"/],
    ['* * * * 8', /day of week: "8"/],
    ['5-1 * * * *', /backwards/],
    ['*/0 * * * *', /at least 1/],
    ['5/10 * * * *', /write "5-59\/10"/],
    ['1,,2 * * * *', /minute: ""/],
    ['* * L * *', /day of month: "L"/],
    ['* * ? * *', /"\?" is not/],
    ['-1 * * * *', /"-1"/],
    ['1.5 * * * *', /"1.5"/],
    ['0 0 30 2 *', /no such day ever comes/],
    ['0 0 31 4,6,9,11 *', /no such day ever comes/],
  ];
  for (const [expression, fault] of table) assert.match(cronFault(expression) ?? '', fault, expression);
});

test('the longest gap between two firings is found', () => {
  const table: readonly (readonly [string, number | null])[] = [
    ['*/15 * * * *', 900],
    ['15 2 * * *', 86_400],
    ['0 8-18 * * *', 14 * 3600],
    ['0 3 * * mon-fri', 3 * 86_400],
    ['0 3 * * 7', 7 * 86_400],
    ['0 0 1 * *', 31 * 86_400],
    ['0 0 31 * *', 61 * 86_400],
    ['0 0 29 2 *', 1461 * 86_400],
    ['0 0 1 1 *', 366 * 86_400],
    ['30 12 1 3 1', 11 * 365 * 86_400 + 3 * 86_400],
  ];
  for (const [expression, seconds] of table) assert.equal(longestGap(expression), seconds, expression);
});
