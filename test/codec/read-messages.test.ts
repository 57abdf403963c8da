import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { after, before, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decodeMessages } from '../../src/codec/read-messages.ts';
import { threadedCodec } from '../../src/codec/threaded-codec.ts';
import { bytes } from '../../src/domain/brands.ts';
import { MothballError } from '../../src/errors.ts';
import { packing } from '../../src/format/packing.ts';
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

/** Reads an object, each read in a later turn; counts the reads that are under way, and the most of them at a time. */
function slowly(object: Uint8Array) {
  const plain = readerOfBytes(object);
  const counts = { open: 0, most: 0 };
  const read: ReadObject = async function* (range) {
    counts.open += 1;
    counts.most = Math.max(counts.most, counts.open);
    await nextTurn();
    yield* plain(range);
    counts.open -= 1;
  };
  return { read, counts };
}

test('scattered messages are read a few at a time, ahead of who wants them', async () => {
  const { read, counts } = slowly(zip.object);
  const second = [...messages.keys()].filter((index) => index % 2 === 0);
  for await (const { index, data } of codec.messages(zip.manifest, second, read))
    assert.ok(messages[index]?.equals(data), `message ${index}`);
  assert.ok(counts.most > 1 && counts.most <= 6, `${counts.most} reads at once`);
});

test('after a damaged message no more is read than its frame, each time that reading begins anew', async () => {
  const damaged = Buffer.from(zip.object);
  const at = zip.manifest.messages[0]?.frame.offset ?? 0;
  damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
  let count = 0;
  const plain = readerOfBytes(damaged);
  const read: ReadObject = (range) => {
    count += 1;
    return plain(range);
  };
  await assert.rejects(
    async () => {
      for await (const { index } of codec.messages(zip.manifest, [0, 2, 4, 6, 8], read))
        assert.fail(`message ${index} came out`);
    },
    { code: 'verify' },
  );
  assert.equal(count, 1);
});

test('lines that promise no mail at all do not let more be read at once', async () => {
  // The first one is as it should be: what follows, backwards and each by itself, is read ahead.
  const lying = zip.manifest.messages.map((line, index) =>
    index === 0
      ? line
      : {
          ...line,
          size: bytes(0),
          stored: { ...line.stored, length: bytes(0) },
          frame: { offset: bytes(1_400_000 - 1_000 * index), length: bytes(1_000) },
        },
  );
  const { read, counts } = slowly(zip.object);
  const handed: number[] = [];
  await assert.rejects(
    async () => {
      const manifest = { ...zip.manifest, messages: lying };
      for await (const { index } of codec.messages(manifest, [...lying.keys()], read)) handed.push(index);
    },
    { code: 'verify' },
  );
  assert.deepEqual(handed, [0]);
  assert.ok(counts.most > 1 && counts.most <= 6, `${counts.most} reads at once`);
});

test('who stops reading in the middle waits for what was read ahead', async () => {
  const { read, counts } = slowly(zip.object);
  const wanted = [0, 2, 4, 6, 8, 10];
  for await (const { index } of codec.messages(zip.manifest, wanted, read)) if (index === 2) break;
  assert.ok(counts.most > 1);
  assert.equal(counts.open, 0);
});

test('when the thread dies, the messages are decoded without it', async () => {
  let asked = 0;
  const dead = {
    async call(): Promise<never> {
      asked += 1;
      throw new MothballError('the thread stopped', { code: 'store', retryable: true });
    },
  };
  const { head } = zip.manifest;
  const object = {
    manifest: zip.manifest,
    packing: packing(head.format, head.compression),
    read: readerOfBytes(zip.object),
  };
  const handed: number[] = [];
  for await (const { index, data } of decodeMessages(dead, object, [1, 2, 100])) {
    assert.ok(messages[index]?.equals(data), `message ${index}`);
    handed.push(index);
  }
  assert.deepEqual([asked, handed], [2, [1, 2, 100]]);
});

test('memory of messages that were released is free, once for all of them, and twice does no harm', async () => {
  const views: Uint8Array[] = [];
  for await (const { data, release } of codec.messages(zip.manifest, [0, 1, 2], readerOfBytes(zip.object))) {
    views.push(data);
    release();
    release();
    assert.equal(data.length === 0, views.length === 3);
  }
  assert.deepEqual(
    views.map(({ length }) => length),
    [0, 0, 0],
  );
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
