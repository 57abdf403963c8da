import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { threadedCodec } from '../../src/codec/threaded-codec.ts';
import { manifestOf, newMessage, readerOf } from '../contract/archive-fixture.ts';
import { inFull } from '../full.ts';

const mebibyte = 1024 * 1024;
const size = (inFull ? 200 : 130) * mebibyte;
/** Far below the message, far above what the collector's moods are worth (60 to 106 MiB were seen). */
const allowed = (inFull ? 150 : 115) * mebibyte;

test('a message of 130 MiB and more is written and verified in bounded memory', async (context) => {
  const spoolDir = await mkdtemp(join(tmpdir(), 'large-'));
  const codec = threadedCodec();
  context.after(async () => {
    await codec.close();
    await rm(spoolDir, { recursive: true });
  });
  // Both workers are up before the measure is taken: their own size is not the message's.
  const small = codec.writer({ format: 'mbox', compression: 'zstd', folder: [], spoolDir, headerNames: [] });
  await small.add(newMessage(1), Buffer.from('x'));
  const first = await small.finish();
  await codec.verify(manifestOf(first, 'mbox', 'zstd'), readerOf(first.file.path));
  await small.abort();

  const piece = Buffer.alloc(
    mebibyte,
    'From a line that is quoted\r\nand one that is not, at all\r\n',
  ).subarray(0, 999_999);
  const hash = createHash('sha256');
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 5);
  const writer = codec.writer({ format: 'mbox', compression: 'zstd', folder: [], spoolDir, headerNames: [] });
  await writer.begin(newMessage(1));
  for (let sent = 0; sent < size; sent += piece.length) {
    hash.update(piece);
    await writer.piece(piece);
  }
  const { sha256 } = await writer.end(true);
  const written = await writer.finish();
  const report = await codec.verify(manifestOf(written, 'mbox', 'zstd'), readerOf(written.file.path));
  clearInterval(watch);
  assert.equal(sha256, hash.digest('hex'));
  assert.deepEqual(report, { messages: 1, faults: [] });
  assert.deepEqual(await readdir(spoolDir), [written.file.path.slice(spoolDir.length + 1)]);
  assert.ok(peak - before < allowed, `memory grew by ${Math.round((peak - before) / mebibyte)} MiB`);
});
