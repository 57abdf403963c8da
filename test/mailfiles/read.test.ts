import assert from 'node:assert/strict';
import { mkdir, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { readMail } from '../../src/mailfiles/read.ts';
import type { MailFileKind, MboxQuoting } from '../../src/ports/mail-files.ts';
import { tree } from './tree.ts';

const head = 'From a@b Thu Jan  1 00:00:00 2015\n';

interface Read {
  readonly messages: readonly Buffer[];
  readonly dates: readonly (string | null)[];
  readonly fault: string | null;
  readonly flags: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

async function read(
  path: string,
  kind: MailFileKind | 'emlx',
  quoting: MboxQuoting | null = null,
): Promise<Read> {
  const messages: Buffer[] = [];
  const dates: (string | null)[] = [];
  let pieces: Buffer[] = [];
  const flags: (readonly string[])[] = [];
  const notes: string[] = [];
  let fault: string | null = null;
  for await (const event of readMail({ path, kind, folder: [], flags: [] }, quoting)) {
    assert.equal(fault, null, 'a fault is the last event');
    if (event.kind === 'message') {
      pieces = [];
      dates.push((event.envelopeDate ?? event.modified).toISOString());
      assert.equal(event.number, dates.length);
      flags.push(event.flags);
    } else if (event.kind === 'data') pieces.push(Buffer.from(event.data));
    else if (event.kind === 'end') messages.push(Buffer.concat(pieces));
    else if (event.kind === 'note') notes.push(event.text);
    else fault = event.reason;
  }
  return { messages, dates, fault, flags, notes };
}

const texts = (one: Read): readonly string[] => one.messages.map((message) => message.toString('latin1'));

test('an mbox gives mail as IMAP would deliver it, quoting undone by its dialect', async (t) => {
  const body = 'a: b\n\n>From x\n>>From y\n';
  const root = await tree(t, { box: `${head}${body}\n${head}c: d\n\nz\n\n` });
  const wire = (text: string): string => text.replaceAll('\n', '\r\n');
  const rest = wire('c: d\n\nz\n');
  assert.deepEqual(texts(await read(join(root, 'box'), 'mbox')), [wire('a: b\n\nFrom x\n>From y\n'), rest]);
  assert.deepEqual(texts(await read(join(root, 'box'), 'mbox', 'mboxo')), [
    wire('a: b\n\nFrom x\n>>From y\n'),
    rest,
  ]);
  assert.deepEqual(texts(await read(join(root, 'box'), 'mbox', 'mboxcl2')), [wire(body), rest]);
  assert.deepEqual((await read(join(root, 'box'), 'mbox')).dates, [
    '2015-01-01T00:00:00.000Z',
    '2015-01-01T00:00:00.000Z',
  ]);
});

test('Content-Length counts only where it leads to a message or the end, and no dialect is named', async (t) => {
  const body = `one\n\n${head}two\n`;
  const root = await tree(t, {
    good: `${head}Content-Length: ${body.length}\n\n${body}\n${head}y\n`,
    beyond: `${head}Content-Length: 5000\n\n${body}\n${head}y\n`,
  });
  assert.equal((await read(join(root, 'good'), 'mbox')).messages.length, 2);
  assert.equal((await read(join(root, 'good'), 'mbox', 'mboxrd')).messages.length, 3);
  assert.equal((await read(join(root, 'beyond'), 'mbox')).messages.length, 3);
});

test('compressed mbox files are read to their end, frame by frame', async (t) => {
  const messages = Array.from(
    { length: 2_000 },
    (_, index) => `${head}Subject: ${index}\n\n${'text '.repeat(60)}\n\n`,
  );
  const parts = [messages.slice(0, 700), messages.slice(700)].map((part) => Buffer.from(part.join('')));
  const root = await tree(t, {
    'a.mbox': Buffer.concat(parts),
    'a.mbox.gz': Buffer.concat(parts.map((part) => gzipSync(part))),
    'a.mbox.zst': Buffer.concat(parts.map((part) => zstdCompressSync(part))),
  });
  const plain = await read(join(root, 'a.mbox'), 'mbox');
  assert.equal(plain.messages.length, 2_000);
  assert.deepEqual(await read(join(root, 'a.mbox.gz'), 'mbox'), plain);
  assert.deepEqual(await read(join(root, 'a.mbox.zst'), 'mbox'), plain);
});

test('a compressed file that is cut short gives what it can and then its fault', async (t) => {
  const text = Buffer.from(
    Array.from({ length: 9_000 }, (_, i) => `${head}Subject: ${Math.sin(i)}\n\nx\n\n`).join(''),
  );
  for (const [name, packed] of [
    ['a.gz', gzipSync(text)],
    ['a.zst', zstdCompressSync(text)],
  ] as const) {
    const root = await tree(t, { [name]: packed.subarray(0, packed.length - 20) });
    const { messages, fault } = await read(join(root, name), 'mbox');
    assert.ok(fault !== null && fault.length > 0, name);
    assert.ok(messages.length < 9_000);
  }
});

test('a .eml or Maildir file is one message, dated by the file, exact where it has CRLF', async (t) => {
  const crlf = 'a: b\r\n\r\nx\ny\r\n\0\xff';
  const root = await tree(t, { one: Buffer.from(crlf, 'latin1'), two: 'a: b\n\nx\n' });
  await utimes(join(root, 'one'), 1_500_000_000, 1_500_000_000);
  const one = await read(join(root, 'one'), 'maildir');
  assert.deepEqual([texts(one), one.dates], [[crlf], [new Date(1_500_000_000_000).toISOString()]]);
  assert.deepEqual(texts(await read(join(root, 'two'), 'eml')), ['a: b\r\n\r\nx\r\n']);
});

test('a line of 10 MB, NUL and every octet come through', async (t) => {
  const octets = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  const body = Buffer.concat([Buffer.alloc(10_000_000, 'From '), Buffer.from('\n'), octets]);
  const root = await tree(t, {
    box: Buffer.concat([Buffer.from(`${head}a: b\r\n\r\n`), body, Buffer.from(`\n\n${head}c: d\n`)]),
  });
  const { messages } = await read(join(root, 'box'), 'mbox');
  assert.equal(messages.length, 2);
  assert.ok(messages[0]?.equals(Buffer.concat([Buffer.from('a: b\r\n\r\n'), body, Buffer.from('\n')])));
});

test('what is no mail file is a fault and never an error', async (t) => {
  const root = await tree(t, { empty: '', binary: Buffer.from([0, 1, 2, 255]), 'one.eml': 'x' });
  await symlink(join(root, 'one.eml'), join(root, 'link'));
  await mkdir(join(root, 'directory'));
  const cases: readonly (readonly [name: string, kind: MailFileKind, fault: RegExp])[] = [
    ['empty', 'eml', /empty/],
    ['binary', 'mbox', /not an mbox/],
    ['link', 'eml', /ELOOP/],
    ['directory', 'eml', /not a regular file/],
    ['missing', 'mbox', /ENOENT/],
  ];
  for (const [name, kind, fault] of cases) {
    const result = await read(join(root, name), kind);
    assert.match(result.fault ?? '', fault, name);
    assert.equal(result.messages.length, 0);
  }
  assert.deepEqual(await read(join(root, 'empty'), 'mbox'), {
    messages: [],
    dates: [],
    fault: null,
    flags: [],
    notes: [],
  });
});

const mail = 'From: Ada <ada@example.com>\nSubject: x\n\nbody\n';
const onWire = mail.replaceAll('\n', '\r\n');

test('compressed messages of a Maildir and .eml files are read, other compressions are named', async (t) => {
  const crypted = Buffer.concat([Buffer.from('CRYPTED\x03\x07'), Buffer.alloc(100, 0xf1)]);
  const root = await tree(t, {
    gz: gzipSync(mail),
    zst: zstdCompressSync(mail),
    lz4: Buffer.from('04224d186440a7', 'hex'),
    dovecotLz4: 'Dovecot-LZ4\r*\x9b\xc5',
    crypted,
    utf16: Buffer.from(`\ufeff${mail}`, 'utf16le'),
  });
  for (const name of ['gz', 'zst'])
    for (const kind of ['maildir', 'eml'] as const)
      assert.deepEqual(texts(await read(join(root, name), kind)), [onWire], name);
  for (const [name, what] of [
    ['lz4', /compressed with lz4/],
    ['dovecotLz4', /compressed with lz4/],
    ['crypted', /encrypted by Dovecot/],
    ['utf16', /UTF-16/],
  ] as const) {
    const result = await read(join(root, name), 'maildir');
    assert.match(result.fault ?? '', what, name);
    assert.equal(result.messages.length, 0);
  }
});

test('what is before the header in a .eml file is no part of the message, and this is said', async (t) => {
  const root = await tree(t, {
    bom: `\ufeff${mail}`,
    from: `From MAILER-DAEMON  Thu Apr 23 23:34:45 2015\n${mail}`,
    both: `\ufeffFrom \r\n${onWire}>From x\r\n`,
    banner: `Microsoft Mail Internet Headers Version 2.0\r\n${onWire}`,
    plain: mail,
  });
  const by = async (name: string): Promise<Read> => read(join(root, name), 'eml');
  for (const name of ['bom', 'from', 'banner', 'plain'])
    assert.deepEqual(texts(await by(name)), [onWire], name);
  assert.deepEqual(texts(await by('both')), [`${onWire}>From x\r\n`]);
  assert.equal((await by('from')).dates[0], '2015-04-23T23:34:45.000Z');
  assert.deepEqual(
    await Promise.all(['bom', 'from', 'both', 'plain'].map(async (name) => (await by(name)).notes.length)),
    [1, 1, 2, 0],
  );
  // A Maildir is what a server serves: its bytes stay.
  assert.deepEqual(texts(await read(join(root, 'bom'), 'maildir')), [
    Buffer.from(`\ufeff${onWire}`).toString('latin1'),
  ]);
});

test('a .eml file with several From_ lines is read as the mbox file that it is', async (t) => {
  const root = await tree(t, { two: `${head}${mail}\n${head}${mail}` });
  const { messages, notes } = await read(join(root, 'two'), 'eml');
  assert.deepEqual(messages.map(String), [onWire, onWire]);
  assert.match(notes[0] ?? '', /2 messages/);
});

test('lines that end in CR alone become lines of mail, in mbox and .eml files', async (t) => {
  const mac = (text: string): string => text.replaceAll('\n', '\r');
  const root = await tree(t, {
    box: mac(`${head}${mail}\n${head}${mail}${head}${mail}`),
    one: mac(mail),
    mixed: `${mac(`${head}${mail}\n`)}${head}${mail}\r\n${`${head}${mail}`.replaceAll('\n', '\r\n')}`,
    odd: 'Subject: a\rb\r\n\r\nx\r\n',
  });
  assert.deepEqual(texts(await read(join(root, 'box'), 'mbox')), [onWire, onWire, onWire]);
  assert.deepEqual(texts(await read(join(root, 'mixed'), 'mbox')), [onWire, onWire, onWire]);
  assert.deepEqual(texts(await read(join(root, 'one'), 'eml')), [onWire]);
  assert.deepEqual(texts(await read(join(root, 'odd'), 'eml')), ['Subject: a\rb\r\n\r\nx\r\n']);
});

test('a message of Apple Mail ends after its length, and the list behind it holds flags and date', async (t) => {
  const list =
    '<plist><dict><key>date-received</key><integer>1500000000</integer><key>flags</key><integer>8590195729</integer></dict></plist>';
  const root = await tree(t, {
    '1.emlx': `${mail.length}      \n${mail}${list}`,
    '2.partial.emlx': `${mail.length}\n${mail}${list}`,
    '3.emlx': `${mail.length + 5000}\n${mail}${list}`,
    '4.emlx': mail,
  });
  const one = await read(join(root, '1.emlx'), 'emlx');
  assert.deepEqual([texts(one), one.dates], [[onWire], ['2017-07-14T02:40:00.000Z']]);
  assert.deepEqual(one.flags, [['\\seen', '\\flagged']]);
  assert.match((await read(join(root, '2.partial.emlx'), 'emlx')).notes[0] ?? '', /attachments/);
  for (const name of ['3.emlx', '4.emlx'])
    assert.match((await read(join(root, name), 'emlx')).fault ?? '', /no message of Apple Mail/);
});
