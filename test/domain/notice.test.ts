import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { bytes, sha256 } from '../../src/domain/brands.ts';
import { type NoticeFacts, noticeValues } from '../../src/domain/notice.ts';

const now = new Date('2026-03-01T23:30:00Z');
const id = sha256('ab'.repeat(32));
const none: NoticeFacts = {
  account: 'alice',
  server: 'main',
  policy: 'old',
  now,
  timezone: 'Europe/Warsaw',
  archived: null,
  full: null,
};

test('folders are added up, archives named, days those of the zone', () => {
  const archived = {
    since: new Date('2026-02-22T12:00:00Z'),
    archives: [
      { id, folder: 'INBOX', messages: 2, bytes: bytes(1024) },
      { id, folder: 'Lists/News', messages: 1, bytes: bytes(10) },
      { id, folder: 'INBOX', messages: 3, bytes: bytes(2048) },
    ],
    leaves: new Date('2026-03-08T23:30:00Z'),
  };
  const values = noticeValues({ ...none, archived });
  assert.equal(values.date, '2026-03-02');
  assert.equal(values.leaves, '2026-03-09');
  assert.deepEqual([values.messages, values.size], ['6', '3.0 KiB']);
  assert.equal(values.folders, '  INBOX: 5 (3.0 KiB)\n  Lists/News: 1 (10 B)');
  assert.match(values.archives, /^ {2}abababababab {2}INBOX: 2 \(1\.0 KiB\)\n/);
  assert.equal(values.full, '');
});

test('a full mailbox is told with what comes next', () => {
  const view = { root: 'User quota', resource: 'storage', used: 950 * 1024, limit: 1000 * 1024 } as const;
  const next = new Date('2026-07-01T00:15:00Z');
  const leaving = { messages: 7, bytes: bytes(2048) };
  const values = noticeValues({ ...none, full: { view, forecast: next, next, leaving } });
  assert.deepEqual(
    [
      values.full,
      values.used,
      values.limit,
      values.forecast,
      values.next,
      values.nextMessages,
      values.nextSize,
    ],
    ['95.0 %', '950.0 KiB', '1000.0 KiB', '2026-07-01', '2026-07-01 02:15 (Europe/Warsaw)', '7', '2.0 KiB'],
  );
  assert.equal(values.messages, '');
  const messages = noticeValues({
    ...none,
    full: { view: { ...view, resource: 'message' }, forecast: null, next: null, leaving: null },
  });
  assert.deepEqual([messages.used, messages.next, messages.nextMessages], ['972800', '', '']);
});

test('names can neither break a line nor turn its direction, and lists have an end', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }),
      fc.nat(80),
      (account, folder, count) => {
        const archives = Array.from({ length: count }, (_, n) => ({
          id,
          folder: `${folder}${n}`,
          messages: 1,
          bytes: bytes(1),
        }));
        const values = noticeValues({ ...none, account, archived: { since: now, archives, leaves: null } });
        assert.doesNotMatch(values.account, /[\p{Cc}\u2028\u2029\u202e]/u);
        assert.equal(values.folders.split('\n').length, Math.min(Math.max(count, 1), 51));
        assert.doesNotMatch(values.folders.replaceAll('\n', ''), /[\p{Cc}\u2028\u2029\u202e]/u);
      },
    ),
    { numRuns: 40 },
  );
});
