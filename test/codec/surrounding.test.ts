import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { after, before, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { threadedCodec } from '../../src/codec/threaded-codec.ts';
import type { Codec } from '../../src/ports/codec.ts';
import { readerOfBytes } from '../contract/archive-fixture.ts';
import { patched, withObject, write, type Written } from './damage.ts';

/** What no digest of the object would tell: objects that were written wrong, and sealed like that. */
const messages = ['Subject: a\r\n\r\nfirst\r\n', 'Subject: b\r\n\r\nsecond\r\n', ''].map((text) =>
  Buffer.from(text),
);
let codec: Codec;

before(() => {
  codec = threadedCodec();
});
after(() => codec.close());

async function faults(written: Written, object: Buffer): Promise<readonly string[]> {
  const { manifest } = withObject(written, object);
  return (await codec.verify(manifest, readerOfBytes(object))).faults.map(({ reason }) => reason);
}

const entry = Buffer.from('PK\x01\x02', 'latin1');
const end = Buffer.from('PK\x05\x06', 'latin1');

for (const compression of ['deflate', 'none'] as const) {
  test(`a zip with ${compression} whose directory or headers tell otherwise is refused, though its messages are whole`, async () => {
    const zip = await write(codec, { format: 'eml-zip', compression }, messages);
    const { object } = zip;
    assert.deepEqual(await faults(zip, object), []);
    const central = object.indexOf(entry);
    const second = object.indexOf(entry, central + 1);
    const last = object.indexOf(end);
    const offset = Buffer.alloc(4);
    offset.writeUInt32LE(object.readUInt32LE(second + 42));
    const one = Buffer.from([1, 0]);
    const damage = {
      'a name in the directory': patched(object, central + 46, Buffer.from('X')),
      'a name in a local header': patched(object, 30, Buffer.from('X')),
      'a place in the directory': patched(object, central + 42, offset),
      'a check sum in the directory': patched(object, central + 16, Buffer.from('four')),
      'a length in the directory': patched(object, central + 24, Buffer.from([9])),
      'a method in the directory': patched(object, central + 10, Buffer.from([12])),
      'a method in a local header': patched(object, 8, Buffer.from([12])),
      'encryption in a local header': patched(object, 6, Buffer.from([1])),
      'the count at the end': patched(patched(object, last + 8, one), last + 10, one),
      'the place of the directory': patched(object, last + 16, Buffer.from([9])),
      'a comment': Buffer.concat([object.subarray(0, -2), Buffer.from([1, 0, 0x20])]),
      'an entry fewer': Buffer.concat([object.subarray(0, central), object.subarray(second)]),
      'no directory': object.subarray(0, central),
      'nothing behind the end': Buffer.concat([object, Buffer.alloc(5000)]),
    };
    for (const [what, bad] of Object.entries(damage)) assert.notDeepEqual(await faults(zip, bad), [], what);
  });
}

test('a zip whose check sums are wrong in all places is refused', async () => {
  const zip = await write(codec, { format: 'eml-zip', compression: 'none' }, messages);
  const central = zip.object.indexOf(entry);
  const wrong = Buffer.from('four');
  const bad = patched(patched(zip.object, 14, wrong), central + 16, wrong);
  assert.match((await faults(zip, bad)).join(), /check sum/);
});

test('two messages under one name are refused: whoever unpacks the zip would have one of them', async () => {
  const untitled = [Buffer.from('one'), Buffer.from('two')];
  const zip = await write(codec, { format: 'eml-zip', compression: 'none' }, untitled);
  let bad = zip.object;
  for (let at = bad.indexOf('_1.eml'); at !== -1; at = bad.indexOf('_1.eml', at + 1))
    bad = patched(bad, at, Buffer.from('_2.eml'));
  assert.match((await faults(zip, bad)).join(), /one name/);
});

test('a tar that does not end as a tar is refused, though its messages are whole', async () => {
  for (const compression of ['zstd', 'none'] as const) {
    const tar = await write(codec, { format: 'maildir-tar', compression }, messages);
    assert.deepEqual(await faults(tar, tar.object), []);
    const last = tar.manifest.messages.at(-1)?.frame ?? { offset: 0, length: 0 };
    const body = tar.object.subarray(0, last.offset + last.length);
    const pack = (plain: Buffer): Buffer => (compression === 'zstd' ? zstdCompressSync(plain) : plain);
    const endings = [Buffer.alloc(1), Buffer.alloc(512), Buffer.alloc(2048), Buffer.alloc(1024, 1)];
    for (const plain of endings) {
      assert.notDeepEqual(await faults(tar, Buffer.concat([body, pack(plain)])), [], `${plain.length}`);
    }
    assert.notDeepEqual(await faults(tar, body), []);
  }
});

test('a tar whose headers name other lengths than the manifest is refused', async () => {
  const tar = await write(codec, { format: 'maildir-tar', compression: 'none' }, messages);
  const { messages: lines } = tar.manifest;
  const first = lines[0]?.stored.offset ?? 0;
  const shorter = tar.object.toString('latin1', first - 512 + 124, first - 512 + 135);
  assert.equal(Number.parseInt(shorter, 8), messages[0]?.length);
  // The check sum of the header stays right: one digit less here, one more there.
  const digits = Buffer.from(shorter.replace(/^0(\d*)(\d)$/, (_, middle, digit) => `1${middle}${digit - 1}`));
  assert.notDeepEqual(await faults(tar, patched(tar.object, first - 512 + 124, digits)), []);
});
