import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import { looksLikeMbox, MboxReader } from '../../src/format/mbox-reader.ts';

/** As programs write them; the date where it is certain. */
const dated: readonly (readonly [line: string, iso: string | null])[] = [
  ['From - no-reply@example.com Mon Oct 16 2023 16:18:56 GMT-0700 (PDT)', '2023-10-16T23:18:56.000Z'],
  ['From x@y Mon Oct 16 2023 16:18:56 GMT+0200 (Central European Summer Time)', '2023-10-16T14:18:56.000Z'],
  ['From - Sat Apr 12 2025 15:59:28', '2025-04-12T15:59:28.000Z'],
  ['From - Mon Jan  5 12:00:00 2015', '2015-01-05T12:00:00.000Z'],
  ['From MAILER-DAEMON Mon 1 Jan 2015 00:00:00 +0900', '2014-12-31T15:00:00.000Z'],
  ['From () 2019-10-02 05:04:34 +0000', '2019-10-02T05:04:34.000Z'],
  ['From x@y 2019-10-02T05:04:34.123Z', '2019-10-02T05:04:34.000Z'],
  ['From x@y 2019/10/02 05:04:34', '2019-10-02T05:04:34.000Z'],
  ['From MAILER-DAEMON Fri Jan 1 00:0:00 2015', '2015-01-01T00:00:00.000Z'],
  ['From x@y Fri Jul 24 09:06 CDT 1998', '1998-07-24T09:06:00.000Z'],
  ['From x@y Fri Jul 24 09:06:00 WETDST 1998', '1998-07-24T09:06:00.000Z'],
  ['From x@y Fri Jul 24 09:06:00 PST8PDT 1998', '1998-07-24T09:06:00.000Z'],
  ['From x@y Fri Jul 24 09:06:00 1998 Europe/Berlin', '1998-07-24T09:06:00.000Z'],
  ['From x@y Mon, 5 Jan 2015 12:00:00 +0100', '2015-01-05T11:00:00.000Z'],
  ['From x@y Mon, 05 Jan 15 12:00:00 GMT', '2015-01-05T12:00:00.000Z'],
  ['From x@y Monday, January 5, 2015 2:00 PM', '2015-01-05T14:00:00.000Z'],
  ['From "Ada B" <x@y> Mon Jan 05 12:00:00 2015', '2015-01-05T12:00:00.000Z'],
  ['From ada at example.com  Mon Jan  5 12:00:00 2015', '2015-01-05T12:00:00.000Z'],
  ['From ???@??? Mon Jan 05 12:00:00 2015', '2015-01-05T12:00:00.000Z'],
  ['From x@y Jan  5 12:00:00 2015', '2015-01-05T12:00:00.000Z'],
];
const undated: readonly string[] = [
  'From ',
  'From -',
  'From - ',
  'From x@y',
  'From MAILER-DAEMON',
  'From - x@y',
  'From x@y 1/5/2015 12:00:00 PM',
  'From x@y Sat Feb 31 12:00:00 2015',
];

/** The date is not where it should be, and so it says nothing about where a message starts. */
const oddlyDated: readonly (readonly [line: string, iso: string])[] = [
  ['From x@y 05.01.2015 12:00', '2015-01-05T12:00:00.000Z'],
  ['From x@y Mon Jan  5 2015', '2015-01-05T00:00:00.000Z'],
  ['From x@y Mon\tJan  5 12:00:00 2015', '2015-01-05T12:00:00.000Z'],
  ['From x@y mon jan  5 12:00:00 2015', '2015-01-05T12:00:00.000Z'],
  ['From x@y lun. janv. 5 12.00.00 2015', '2015-01-05T12:00:00.000Z'],
  ['From x@y Mon Jan 5, 2015 at 2:00 PM', '2015-01-05T14:00:00.000Z'],
];

const plain = 'From a@b Thu Jan  1 00:00:00 2015';
const message = (number: number): string => `From: Ada <ada@example.com>\nSubject: ${number}\n\nbody\n`;

function read(file: string): {
  readonly texts: readonly string[];
  readonly dates: readonly (string | null)[];
} {
  const reader = new MboxReader();
  const texts: string[] = [];
  const dates: (string | null)[] = [];
  for (const event of [...reader.push(Buffer.from(file, 'latin1')), ...reader.end()]) {
    if (event.kind === 'start') {
      texts.push('');
      dates.push(event.date?.toISOString() ?? null);
    } else if (event.kind === 'data')
      texts.push((texts.pop() ?? '') + Buffer.from(event.data).toString('latin1'));
  }
  return { texts, dates };
}

for (const [line, iso] of [...dated, ...oddlyDated, ...undated.map((text) => [text, null] as const)]) {
  test(`"${line}" with a header behind it starts a message, first or after an empty line`, () => {
    for (const end of ['\n', '\r\n']) {
      const file = [line, message(1), plain, message(2), line, message(3)]
        .map((part) => (part.endsWith('\n') ? part : `${part}\n`))
        .join('')
        .replaceAll('body\n', 'body\n\n')
        .replaceAll('\n', end);
      const found = read(file);
      assert.deepEqual(
        found.texts,
        [1, 2, 3].map((number) => message(number).replaceAll('\n', end)),
      );
      assert.deepEqual(found.dates, [iso, '2015-01-01T00:00:00.000Z', iso]);
      assert.equal(looksLikeMbox(Buffer.from(`\n\n${file}`)), true);
    }
  });
}

for (const [line] of dated) {
  test(`"${line}" with a header behind it starts a message without an empty line before it`, () => {
    const file = `${plain}\n${message(1)}${line}\n${message(2)}${line}\n${message(3)}`;
    assert.deepEqual(read(file).texts, [1, 2, 3].map(message));
  });
}

test('a line without a date starts a message after text where only a machine wrote what follows', () => {
  for (const line of ['From ', 'From -', 'From x@y']) {
    const behind = 'X-Mozilla-Status: 0001\nSubject: x\n\ny\n';
    assert.deepEqual(read(`${plain}\n${message(1)}${line}\n${behind}`).texts, [message(1), behind]);
  }
});

test('a line of another form starts a message after text where a whole header of mail follows', () => {
  for (const line of ['From Ada <x@y>', 'From x@y 1/5/2015 12:00:00 PM', 'From x@y 20150105120000']) {
    const behind = 'From: x@y\nSubject: x\nDate: Mon, 5 Jan 2015 12:00:00 +0000\nMessage-ID: <1@y>\n\ny\n';
    assert.deepEqual(read(`${plain}\n${message(1)}${line}\n${behind}`).texts, [message(1), behind]);
  }
});

test('a line of up to 8 kB starts a message, a longer one is text', () => {
  const [line, long] = [8_000, 8_200].map(
    (length) => `From "${'x y '.repeat(length / 4)}" x@y Mon Jan  5 12:00:00 2015`,
  );
  const file = `${plain}\n${message(1)}\n${line}\n${message(2)}\n${long}\n${message(3)}`;
  assert.deepEqual(read(file).texts, [message(1), `${message(2)}\n${long}\n${message(3)}`]);
  assert.equal(looksLikeMbox(Buffer.from(`${line}\n${message(1)}`)), true);
});

test('what is blank, NULs and byte order marks before the first line are no part of the mail', () => {
  for (const lead of [' \t\n', '\f\n', '\0\0\0', '  ', '\xef\xbb\xbf\xef\xbb\xbf', '\n\xef\xbb\xbf\r\n']) {
    const file = `${lead}${plain}\n${message(1)}`;
    assert.deepEqual(read(file).texts, [message(1)]);
    assert.equal(looksLikeMbox(Buffer.from(file, 'latin1')), true);
  }
});

const sentences: readonly string[] = [
  'From ada@example.com,\nSubject: what do you think of this?',
  'From Ada\nSubject: none',
  'From version 2.0 on\nX-Header: is supported',
  'From RFC 2015\nMessage-ID: is a field',
  'From now on\nReceived: wisdom',
  'From this principle it follows that\nnothing is lost.',
  'From this principle it follows:\nNote: nothing is lost.',
  'From our archive:\nFrom: Ada\nDate: yesterday\nSubject: quoted',
  'From Monday, January 5, 2015 12:00 PM\nVenue: the hall',
  'From 5 Jan 2015 10:00\nTo: 6 Jan 2015 10:00',
  'From here on, Mon Jan 5\nhttp://example.com/',
  'From the year 2015\nTo: 2016',
  'From\nSubject: x',
  'from x@y Mon Jan  5 12:00:00 2015\nSubject: x',
  ' From x@y Mon Jan  5 12:00:00 2015\nSubject: x',
  '>From x@y Mon Jan  5 12:00:00 2015\nSubject: x',
];

for (const text of sentences) {
  test(`the text "${text.replace('\n', ' / ')}" separates nothing`, () => {
    const body = `${message(1)}one\n${text}\n\n${text}\n`;
    assert.deepEqual(read(`${plain}\n${body}\n${plain}\n${message(2)}`).texts, [body, message(2)]);
  });
}

test('a line of the usual form after text, with no header behind it, separates nothing', () => {
  const body = `${message(1)}one\n${plain}\nand so on\n`;
  assert.deepEqual(read(`${plain}\n${body}`).texts, [body]);
});

test('the offset of each From_ line is known, also after a byte order mark', () => {
  const file = Buffer.from(`\ufeff\n${plain}\n${message(1)}\n${plain}\n${message(2)}`);
  const reader = new MboxReader();
  const offsets = [...reader.push(file.subarray(0, 40)), ...reader.push(file.subarray(40)), ...reader.end()]
    .filter((event) => event.kind === 'start')
    .map(({ offset }) => offset);
  assert.deepEqual(offsets, [4, file.lastIndexOf(plain)]);
});
