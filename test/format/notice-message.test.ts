import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import fc from 'fast-check';
import { noticeMessage, type NoticeParts } from '../../src/format/notice-message.ts';
import { readMailWithPython } from '../oracle/python-mail.ts';

const usual: NoticeParts = {
  id: '4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c',
  from: { name: 'Mothball', address: 'postmaster@example.com' },
  account: 'alice@example.com',
  subject: 'Your mailbox is 93.0 % full',
  date: new Date('2026-03-01T09:05:07.900Z'),
  text: 'Grüße\n\nFrom here on.\n.\nend \n',
};

const names = [
  'From',
  'To',
  'Subject',
  'Date',
  'Message-ID',
  'Auto-Submitted',
  'X-Mothball-Notice',
  'MIME-Version',
  'Content-Type',
  'Content-Transfer-Encoding',
];

test('a notice is this message, octet by octet', () => {
  assert.equal(
    Buffer.from(noticeMessage(usual)).toString('latin1'),
    [
      'From: "Mothball"',
      ' <postmaster@example.com>',
      'To: alice@example.com',
      'Subject: Your mailbox is 93.0 % full',
      'Date: Sun, 01 Mar 2026 09:05:07 +0000',
      'Message-ID: <mothball.4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c@example.com>',
      'Auto-Submitted: auto-generated',
      'X-Mothball-Notice: 4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'Gr=C3=BC=C3=9Fe',
      '',
      '=46rom here on.',
      '=2E',
      'end=20',
      '',
    ].join('\r\n'),
  );
});

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc
    .array(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r',
        'Bcc: x@y',
        ' ',
        '=?utf-8?Q?a?=',
        '"',
        '\\',
        '<',
        '\0',
        'ü',
        '.',
        'From ',
      ),
    )
    .map((parts) => parts.join('')),
);

const parts = fc.record({
  id: fc.uuid(),
  from: fc.record({ name: fc.option(hostile), address: fc.constant('postmaster@example.com') }),
  account: hostile,
  subject: hostile,
  date: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
  text: hostile,
});

/** As a header may show text: control characters and line ends are spaces. */
const shown = (text: string): string => text.toWellFormed().replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ');
const lines = (text: string): string => text.toWellFormed().replaceAll(/\r\n?/g, '\n');
const closed = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

test('whatever a name, a subject or a text holds, the fields stay these, the lines short and ASCII', () => {
  fc.assert(
    fc.property(parts, (given) => {
      const raw = Buffer.from(noticeMessage(given)).toString('latin1');
      assert.match(raw, /^[\t\r\n -~]*$/);
      assert.doesNotMatch(raw, /(?<!\r)\n|\r(?!\n)/);
      const all = raw.split('\r\n');
      assert.ok(all.every((line) => line.length <= 78));
      const head = all.slice(0, all.indexOf(''));
      const fields = head.filter((line) => !line.startsWith(' ')).map((line) => line.split(':', 1)[0]);
      assert.deepEqual(fields, names);
      assert.ok(!all.slice(head.length).some((line) => /^(\.|From )/.test(line)));
    }),
    { numRuns: 500 },
  );
});

test('another program reads in it what was put in', () => {
  const given = fc.sample(parts, 300);
  const read = readMailWithPython(given.map(noticeMessage));
  for (const [index, one] of given.entries()) {
    const { fields, addresses, text, defects } = read[index] ?? assert.fail();
    assert.deepEqual(defects, []);
    assert.equal(text, closed(lines(one.text)));
    const found = new Map(fields);
    // Python drops white space at the ends of a field, and what follows an encoded word is one space.
    const squeeze = (value: string): string => value.replaceAll(/\s+/g, ' ').trim();
    assert.equal(squeeze(found.get('Subject') ?? ''), squeeze(shown(one.subject)));
    assert.deepEqual(
      addresses.map(([, address]) => address),
      [one.from.address],
    );
    assert.equal(new Date(found.get('Date') ?? '').getTime(), Math.floor(one.date.getTime() / 1000) * 1000);
  }
});

test('a user name that is no address does not become one', () => {
  for (const account of [
    'alice',
    'a@b@c',
    'ä@example.com',
    'a b@example.com',
    '"x"@example.com',
    'a@b\r\nBcc: c@d',
  ])
    assert.match(
      Buffer.from(noticeMessage({ ...usual, account })).toString(),
      /\r\nTo: undisclosed-recipients:;\r\nSubject/,
    );
});
