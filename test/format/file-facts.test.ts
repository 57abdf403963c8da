import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import { type FileContext, fileFacts } from '../../src/format/file-facts.ts';

const now = new Date('2024-06-01T00:00:00Z');
const modified = new Date('2020-02-02T02:02:02.700Z');
const envelope = new Date('2019-01-01T00:00:00Z');
const both =
  'Received: from a by b; Tue, 05 Mar 2013 10:00:00 +0100\r\nReceived: older; Mon, 04 Mar 2013 10:00:00 +0100\r\nDate: Sun, 03 Mar 2013 10:00:00 +0000\r\n\r\nbody';
const dated =
  'Date: Sun, 03 Mar 2013 10:00:00 +0000\r\n\r\nReceived: not; Tue, 05 Mar 2013 10:00:00 +0100\r\n';

const dates: readonly (readonly [what: string, context: Partial<FileContext>, head: string, iso: string])[] =
  [
    ['mbox: the From_ line', { kind: 'mbox', envelopeDate: envelope }, both, envelope.toISOString()],
    ['Maildir: the time of the file', { kind: 'maildir' }, both, '2020-02-02T02:02:02.000Z'],
    ['eml: the newest Received header', { kind: 'eml' }, both, '2013-03-05T09:00:00.000Z'],
    ['eml: else the Date header', { kind: 'eml' }, dated, '2013-03-03T10:00:00.000Z'],
    ['eml: else the time of the file', { kind: 'eml' }, 'Date: soon\r\n\r\n', '2020-02-02T02:02:02.000Z'],
    [
      'a date in the future is passed over',
      { kind: 'mbox', envelopeDate: new Date('2030-01-01') },
      both,
      '2013-03-05T09:00:00.000Z',
    ],
    [
      'a date before 1980 is passed over',
      { kind: 'maildir', modified: new Date(0) },
      dated,
      '2013-03-03T10:00:00.000Z',
    ],
    ['with no date at all it is now', { kind: 'maildir', modified: new Date(0) }, 'x', now.toISOString()],
  ];

for (const [what, context, head, iso] of dates) {
  test(what, () => {
    const whole = { kind: 'eml' as const, envelopeDate: null, modified, flags: [], ...context };
    assert.equal(fileFacts(whole, Buffer.from(head), now).internalDate.toISOString(), iso);
  });
}

test('only the time of the file says that nothing else did', () => {
  const context = { kind: 'eml', envelopeDate: null, modified, flags: [] } as const;
  assert.equal(fileFacts(context, Buffer.from('Date: soon\r\n\r\n'), now).dateIsOfFile, true);
  assert.equal(fileFacts(context, Buffer.from(dated), now).dateIsOfFile, false);
  assert.equal(fileFacts({ ...context, kind: 'maildir' }, Buffer.from('x'), now).dateIsOfFile, false);
});

test('the note of UW IMAP about a folder is known by its subject and field', () => {
  const context = { kind: 'mbox', envelopeDate: envelope, modified, flags: [] } as const;
  const subject = "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\r\n";
  const folderData = (head: string): boolean => fileFacts(context, Buffer.from(head), now).folderData;
  assert.equal(folderData(`${subject}X-IMAP: 1 2\r\n\r\n`), true);
  assert.equal(folderData(`${subject}X-IMAPbase: 1 2 work\r\n\r\n`), true);
  assert.equal(folderData(`${subject}\r\n`), false);
  assert.equal(folderData('Subject: x\r\nX-IMAPbase: 1 2 work\r\n\r\n'), false);
});

test('flags come from the header in an mbox, else from the name', () => {
  const head = Buffer.from('Status: RO\r\n\r\nX-Status: F\r\n');
  const context = { envelopeDate: null, modified, flags: ['\\flagged'] };
  assert.deepEqual(fileFacts({ kind: 'mbox', ...context }, head, now).flags, ['\\seen']);
  assert.deepEqual(fileFacts({ kind: 'maildir', ...context }, head, now).flags, ['\\flagged']);
});
