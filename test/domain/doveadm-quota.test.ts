import assert from 'node:assert/strict';
import test from 'node:test';
import { type DoveadmRow, quotasOfRows } from '../../src/domain/doveadm-quota.ts';

const row = (changes: DoveadmRow = {}): DoveadmRow => ({
  username: 'amy',
  root: 'User quota',
  type: 'STORAGE',
  value: '3',
  limit: '10',
  percent: '30',
  ...changes,
});
const messages = (changes: DoveadmRow = {}): DoveadmRow => row({ type: 'MESSAGE', value: '2', ...changes });
const rootsOf = (...rows: readonly DoveadmRow[]) => quotasOfRows(rows, ['Hidden']).get('amy');

test('STORAGE is counted in bytes, and numbers may be text or numbers', () => {
  assert.deepEqual(rootsOf(row(), messages({ value: 2, limit: 20 })), [
    {
      name: 'User quota',
      storage: { used: 3072, limit: 10240 },
      message: { used: 2, limit: 20 },
      folders: [],
    },
  ]);
});

test('what has no limit is unknown, not zero, as over IMAP; without any limit there is no root', () => {
  assert.deepEqual(rootsOf(row(), messages({ limit: '-' })), [
    { name: 'User quota', storage: { used: 3072, limit: 10240 }, message: null, folders: [] },
  ]);
  assert.deepEqual(rootsOf(row({ limit: '-' }), messages({ limit: '-' })), []);
  assert.deepEqual(rootsOf(row({ root: 'Hidden' })), []);
});

test('a number that can not be counted exactly is unknown', () => {
  const large = '9223372036854775807';
  assert.deepEqual(rootsOf(row({ value: large }), messages()), [
    { name: 'User quota', storage: null, message: { used: 2, limit: 10 }, folders: [] },
  ]);
  assert.deepEqual(rootsOf(row({ limit: large })), [
    { name: 'User quota', storage: { used: 3072, limit: null }, message: null, folders: [] },
  ]);
});

test('a user of whom a row can not be read is left out, the others are not', () => {
  const odd: readonly DoveadmRow[] = [
    row({ value: 'error', limit: 'error' }),
    row({ value: '-1' }),
    row({ value: 1.5 }),
    row({ value: null }),
    row({ limit: '' }),
    row({ root: undefined }),
    row({ type: 7 }),
  ];
  for (const one of odd) {
    const found = quotasOfRows([one, messages(), row({ username: 'bob' })], []);
    assert.deepEqual([...found.keys()], ['bob'], JSON.stringify(one));
  }
  assert.equal(rootsOf(row(), row({ value: '4' })), undefined);
  assert.equal(quotasOfRows([{}, row({ username: 7 })], []).size, 0);
});

test('other resources, and roots beyond the fiftieth, do not count', () => {
  assert.equal(rootsOf(row(), row({ type: 'MAILBOX', value: 'x' }))?.length, 1);
  const many = Array.from({ length: 60 }, (_, index) => row({ root: `root ${index}` }));
  assert.equal(rootsOf(...many)?.length, 50);
  assert.equal(rootsOf(row(), row({ root: 'x'.repeat(1001) }))?.length, 1);
});
