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
}

async function read(path: string, kind: MailFileKind, quoting: MboxQuoting | null = null): Promise<Read> {
  const messages: Buffer[] = [];
  const dates: (string | null)[] = [];
  let pieces: Buffer[] = [];
  let fault: string | null = null;
  for await (const event of readMail({ path, kind, folder: [], flags: [] }, quoting)) {
    assert.equal(fault, null, 'a fault is the last event');
    if (event.kind === 'message') {
      pieces = [];
      dates.push((event.envelopeDate ?? event.modified).toISOString());
      assert.equal(event.number, dates.length);
    } else if (event.kind === 'data') pieces.push(Buffer.from(event.data));
    else if (event.kind === 'end') messages.push(Buffer.concat(pieces));
    else fault = event.reason;
  }
  return { messages, dates, fault };
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
  assert.deepEqual(await read(join(root, 'empty'), 'mbox'), { messages: [], dates: [], fault: null });
});
