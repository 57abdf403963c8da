import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { threadedCodec } from '../../src/codec/threaded-codec.ts';
import { packing } from '../../src/format/packing.ts';
import { manifestOf, newMessage, readerOf } from '../contract/archive-fixture.ts';
import { inFull } from '../full.ts';

const mebibyte = 1024 * 1024;
const size = 120 * mebibyte;
/** Well below the message; 30 to 60 MiB were seen. */
const allowed = 90 * mebibyte;

const packings = [packing('eml-zip', 'deflate')];
if (inFull) packings.push(packing('eml-zip', 'none'), packing('maildir-tar', 'zstd'));

for (const { format, compression } of packings) {
  test(`a message of 120 MiB goes into ${format} with ${compression}, and is verified, in bounded memory`, async (context) => {
    const spoolDir = await mkdtemp(join(tmpdir(), 'large-'));
    const codec = threadedCodec();
    context.after(async () => {
      await codec.close();
      await rm(spoolDir, { recursive: true });
    });
    const options = { format, compression, folder: ['INBOX'], spoolDir, headerNames: [] };
    // The worker and archiver are loaded before the measure is taken.
    const small = codec.writer(options);
    await small.add(newMessage(1), Buffer.from('x'));
    const first = await small.finish();
    await codec.verify(manifestOf(first, format, compression), readerOf(first.file.path));
    await small.abort();

    const piece = Buffer.alloc(mebibyte, 'a line of mail\r\nFrom another\r\n').subarray(0, 999_999);
    const hash = createHash('sha256');
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 5);
    const writer = codec.writer(options);
    await writer.begin(newMessage(1));
    for (let sent = 0; sent < size; sent += piece.length) {
      hash.update(piece);
      await writer.piece(piece);
    }
    const { sha256 } = await writer.end(true);
    const written = await writer.finish();
    const report = await codec.verify(manifestOf(written, format, compression), readerOf(written.file.path));
    clearInterval(watch);
    assert.equal(sha256, hash.digest('hex'));
    assert.deepEqual(report, { messages: 1, faults: [] });
    assert.ok(peak - before < allowed, `memory grew by ${Math.round((peak - before) / mebibyte)} MiB`);
  });
}
