import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { after, before, test } from 'node:test';
import { threadedCodec } from '../../src/codec/threaded-codec.ts';
import type { Codec, ReadObject } from '../../src/ports/codec.ts';
import { readerOfBytes } from '../contract/archive-fixture.ts';
import { write, type Written } from './damage.ts';

const messages = Array.from({ length: 300 }, (_, index) =>
  Buffer.from(
    index === 7 ? '' : `Subject: ${index}\r\n\r\n${'text '.repeat(index === 200 ? 300_000 : 1_000)}`,
  ),
);
let codec: Codec;
let zip: Written;

before(async () => {
  codec = threadedCodec();
  zip = await write(codec, { format: 'eml-zip', compression: 'none' }, messages);
});
after(() => codec.close());

/** How many ranges are read for the messages wanted, which must come out whole. */
async function reads(wanted: readonly number[]): Promise<number> {
  let count = 0;
  const plain = readerOfBytes(zip.object);
  const read: ReadObject = (range) => {
    assert.ok(range !== undefined && range.length > 0);
    count++;
    return plain(range);
  };
  const seen: number[] = [];
  for await (const { index, data } of codec.messages(zip.manifest, wanted, read)) {
    assert.ok(messages[index]?.equals(data), `message ${index}`);
    seen.push(index);
  }
  assert.deepEqual(seen, wanted);
  return count;
}

test('neighbours in a zip are read together, about a mebibyte at a time', async () => {
  assert.equal(await reads([...messages.keys()].slice(0, 200)), 1);
  // 200 of them, the large one, and the rest.
  assert.equal(await reads([...messages.keys()]), 3);
});

test('messages that stand apart are read each for itself, and an empty one costs no read', async () => {
  assert.equal(await reads([3, 100, 101, 299]), 3);
  assert.equal(await reads([7]), 0);
});

test('a damaged message does not keep its neighbours back', async () => {
  const damaged = Buffer.from(zip.object);
  const at = zip.manifest.messages[2]?.frame.offset ?? 0;
  damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
  const handed: number[] = [];
  await assert.rejects(
    async () => {
      for await (const { index } of codec.messages(zip.manifest, [0, 1, 2, 3], readerOfBytes(damaged)))
        handed.push(index);
    },
    { code: 'verify', message: /message 2 / },
  );
  assert.deepEqual(handed, [0, 1]);
});
