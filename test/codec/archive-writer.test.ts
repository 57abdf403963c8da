import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { spoolError } from '../../src/codec/spool-file.ts';
import { threadedCodec } from '../../src/codec/threaded-codec.ts';
import { MothballError } from '../../src/errors.ts';
import type { ArchiveWriter, Codec } from '../../src/ports/codec.ts';
import { newMessage } from '../contract/archive-fixture.ts';

let codec: Codec;
let directory: string;

before(async () => {
  codec = threadedCodec();
  directory = await mkdtemp(join(tmpdir(), 'writer-'));
});
after(async () => {
  await codec.close();
  await rm(directory, { recursive: true });
});

const open = (spoolDir: string): ArchiveWriter =>
  codec.writer({ format: 'mbox', compression: 'zstd', folder: [], spoolDir, headerNames: [] });

test('a spool that cannot be written fails the archive by name of the file, and abort still works', async () => {
  const file = join(directory, 'not-a-directory');
  await writeFile(file, '');
  const writer = open(join(file, 'spool'));
  await assert.rejects(
    async () => {
      for (let sent = 0; sent < 64; sent++) await writer.add(newMessage(sent + 1), Buffer.alloc(1_000_000));
      await writer.finish();
    },
    (error) =>
      error instanceof MothballError &&
      error.code === 'store' &&
      error.message.includes(file) &&
      !error.retryable,
  );
  await writer.abort();
});

test('a full spool disk names the file and the remedy', () => {
  const cause = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const error = spoolError('write', '/spool/x', cause);
  assert.deepEqual([error.code, error.retryable], ['store', true]);
  assert.match(
    error.message,
    /\/spool\/x.*nothing was archived or deleted\. Free space there or set spool\.path/,
  );
});

test('archives written at the same time do not mix', async () => {
  const spoolDir = join(directory, 'many');
  const writers = Array.from({ length: 12 }, () => open(spoolDir));
  const written = await Promise.all(
    writers.map(async (writer, place) => {
      for (let number = 1; number <= 5; number++)
        await writer.add(newMessage(number), Buffer.alloc(700_000, 65 + place));
      await writer.begin(newMessage(6));
      await writer.piece(Buffer.alloc(1_500_000, 97 + place));
      await writer.end(true);
      return writer.finish();
    }),
  );
  assert.equal(new Set(written.map(({ file }) => file.sha256)).size, writers.length);
  for (const { messages } of written)
    assert.deepEqual(
      messages.map(({ uid }) => uid),
      [1, 2, 3, 4, 5, 6],
    );
  assert.equal((await stat(spoolDir)).mode & 0o777, 0o700);
  await Promise.all(writers.map((writer) => writer.abort()));
  assert.deepEqual(await readdir(spoolDir), []);
});

test('frames are cut at message borders near one mebibyte, and a larger message has its own', async () => {
  const writer = open(join(directory, 'frames'));
  const sizes = [400_000, 400_000, 400_000, 3_000_000, 10, 10];
  for (const [index, size] of sizes.entries())
    await writer.add(newMessage(index + 1), Buffer.alloc(size, 'ab\n'));
  const { messages } = await writer.finish();
  const offsets = messages.map(({ frame }) => frame.offset);
  const frames = offsets.map((offset) => [...new Set(offsets)].indexOf(offset));
  assert.deepEqual(frames, [0, 0, 1, 2, 3, 3]);
  await writer.abort();
});

test("a compression that is not the format's is refused by name", () => {
  const options = { folder: [], spoolDir: directory, headerNames: [] };
  assert.throws(() => codec.writer({ ...options, format: 'eml-zip', compression: 'zstd' }), {
    code: 'unsupported',
    message: /eml-zip.*zstd.*deflate or none/,
  });
  assert.throws(() => codec.writer({ ...options, format: 'mbox', compression: 'deflate' }), {
    code: 'unsupported',
    message: /mbox.*deflate.*zstd, gzip or none/,
  });
});
