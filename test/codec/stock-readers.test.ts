import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { threadedCodec } from '../../src/codec/threaded-codec.ts';
import type { Codec } from '../../src/ports/codec.ts';
import { bulkyMessages, oddMessages } from '../contract/archive-fixture.ts';
import { maildirMessages, tarMembers, testedByUnzip, zipMembers } from '../oracle/stock-readers.ts';
import { write } from './damage.ts';

const subjects = [
  '../../etc/passwd',
  'CON',
  'a:b*c?"<>|',
  'x'.repeat(5000),
  '\\\\server\\share',
  '日本語 №1 🙂',
  '',
];
const hostile = subjects.map((subject) =>
  Buffer.from(`From: ../x <a@b.c>\r\nSubject: ${subject}\r\n\r\nbody\r\n`),
);
const all = [...oddMessages, ...bulkyMessages, ...hostile];
const folder = ['Zdj\u0119cia', '../2019', 'cur'];
const options = {
  folder,
  // The largest, an empty one and another take the way of large ones.
  large: (index: number) => [2, 9, oddMessages.length + 2].includes(index),
  about: (index: number) => ({ internalDate: new Date(Date.UTC(2019, 5, 1, 10, 20, 2 * index)) }),
};
const maxBuffer = 1e9;
let codec: Codec;

before(() => {
  codec = threadedCodec();
});
after(() => codec.close());

function digest(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function dates(): readonly string[] {
  return all.map((_, index) => options.about(index).internalDate.toISOString().slice(0, 19));
}

for (const compression of ['deflate', 'none'] as const) {
  test(`unzip and Python open a zip with ${compression}: every message, dated, under a safe name of its own`, async () => {
    const { object } = await write(codec, { format: 'eml-zip', compression }, all, options);
    assert.match(testedByUnzip(object), /No errors detected/);
    const members = zipMembers(object);
    assert.deepEqual(
      members.map((member) => member.sha256),
      all.map(digest),
    );
    assert.deepEqual(
      members.map((member) => member.modified),
      dates(),
    );
    for (const { name } of members) {
      assert.match(
        name,
        /^Zdj\u0119cia\/2019-[0-9a-f]{8}\/cur-[0-9a-f]{8}\/2019-06-01_[\p{L}\p{M}\d_-]+\.eml$/u,
      );
    }
    assert.equal(new Set(members.map(({ name }) => name.toLowerCase())).size, all.length);
    assert.ok(members.some(({ name }) => name.includes('日本語-1')));
  });
}

test('a zip holds nothing that Windows Explorer refuses: no ZIP64, and stored members know their lengths', async () => {
  for (const compression of ['deflate', 'none'] as const) {
    const { object, manifest } = await write(codec, { format: 'eml-zip', compression }, all, options);
    assert.equal(object.indexOf(Buffer.from('PK\x06\x06', 'latin1')), -1);
    let start = 0;
    for (const { frame } of manifest.messages) {
      const header = object.subarray(
        object.indexOf(Buffer.from('PK\x03\x04', 'latin1'), start),
        frame.offset,
      );
      const [flags, method] = [header.readUInt16LE(6), header.readUInt16LE(8)];
      assert.ok(method === 8 || (method === 0 && (flags & 8) === 0), `flags ${flags}, method ${method}`);
      start = frame.offset + frame.length;
    }
  }
});

const unpack = { zstd: ['zstd', '-dc'], gzip: ['gzip', '-dc'], none: ['cat'] } as const;

for (const compression of ['zstd', 'gzip', 'none'] as const) {
  test(`${unpack[compression].join(' ')} gives a tar that tar and Python open as a Maildir`, async () => {
    const packing = { format: 'maildir-tar', compression } as const;
    const { object } = await write(codec, packing, all, {
      ...options,
      about: (index) => ({
        ...options.about(index),
        flags: index % 2 === 0 ? ['\\Seen', '\\Flagged', 'Projekt'] : ['\\Answered'],
      }),
    });
    const [program, ...args] = unpack[compression];
    const tar = execFileSync(program, args, { input: object, maxBuffer });
    const listed = execFileSync('tar', ['-tf', '-'], { input: tar, maxBuffer, env: { LC_ALL: 'C.UTF-8' } });
    assert.equal(listed.toString().trimEnd().split('\n').length, all.length + 3);
    const members = tarMembers(tar);
    assert.deepEqual(
      members.map(({ sha256, modified }) => [sha256, modified]),
      all.map((data, index) => [digest(data), dates()[index]]),
    );
    const path = members[0]?.name.split('/').slice(0, 3).join('/') ?? '';
    const found = maildirMessages(tar, path);
    const told = (sha256: string, flags: string): string => `${sha256} ${flags}`;
    assert.deepEqual(
      found.map(({ sha256, flags }) => told(sha256, flags)).toSorted(),
      all.map((data, index) => told(digest(data), index % 2 === 0 ? 'FS' : 'R')).toSorted(),
    );
    for (const [index, { name }] of members.entries()) {
      assert.match(name, /^Zdj\u0119cia\/2019-[0-9a-f]{8}\/cur-[0-9a-f]{8}\/cur\//);
      assert.ok(name.includes(`,S=${all[index]?.length}:2,`));
    }
  });
}
