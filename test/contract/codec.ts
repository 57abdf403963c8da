import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bytes, sha256 } from '../../src/domain/brands.ts';
import type { ArchiveFormat, Compression } from '../../src/domain/policy.ts';
import { headerLength } from '../../src/format/header-block.ts';
import type { ArchiveWriter, Codec, WrittenArchive } from '../../src/ports/codec.ts';
import {
  bulkyMessages,
  manifestOf,
  newMessage,
  oddMessages,
  readerOf,
  readerOfBytes,
} from './archive-fixture.ts';

const all = [...oddMessages, ...bulkyMessages, ...oddMessages];

/** What every codec must do, for one format and compression. */
export function codecContract(make: () => Codec, format: ArchiveFormat, compression: Compression): void {
  describe(`a codec writing ${format} with ${compression}`, () => {
    let codec: Codec;
    let spoolDir: string;
    before(async () => {
      codec = make();
      spoolDir = join(await mkdtemp(join(tmpdir(), 'codec-')), 'spool');
    });
    after(async () => {
      await codec.close();
      await rm(join(spoolDir, '..'), { recursive: true });
    });

    const open = (): ArchiveWriter =>
      codec.writer({ format, compression, folder: ['Work', 'Q&A'], spoolDir, headerNames: ['subject'] });

    /** Every third message goes the way of the large ones; one more is begun and dropped. */
    async function write(writer: ArchiveWriter, messages: readonly Buffer[]): Promise<WrittenArchive> {
      for (const [index, data] of messages.entries()) {
        if (index % 3 === 2) {
          await writer.begin(newMessage(index + 1));
          for (let at = 0; at < data.length; at += 70_001)
            await writer.piece(Uint8Array.from(data.subarray(at, at + 70_001)));
          const { sha256: digest, length } = await writer.end(true);
          assert.deepEqual([digest, length], [hash(data), data.length]);
        } else {
          await writer.add(newMessage(index + 1), Buffer.from(data));
        }
      }
      await writer.begin(newMessage(999));
      await writer.piece(Buffer.from('dropped'));
      assert.equal((await writer.end(false)).sha256, hash(Buffer.from('dropped')));
      return writer.finish();
    }

    test('any message comes back byte for byte, with its digests in its line', async () => {
      const writer = open();
      const written = await write(writer, all);
      assert.deepEqual([writer.count, writer.rawBytes], [all.length, total(all)]);
      assert.equal(written.file.sha256, hash(await readFile(written.file.path)));
      assert.equal(written.file.bytes, (await stat(written.file.path)).size);
      assert.equal((await stat(written.file.path)).mode & 0o777, 0o600);
      for (const [index, line] of written.messages.entries()) {
        const data = all[index] ?? Buffer.alloc(0);
        const header = data.subarray(0, headerLength(data));
        assert.deepEqual([line.uid, line.size, line.sha256], [index + 1, data.length, hash(data)]);
        assert.equal(line.headerSha256, hash(header));
      }
      const manifest = manifestOf(written, format, compression);
      const read = readerOf(written.file.path);
      assert.deepEqual(await codec.verify(manifest, read), { messages: all.length, faults: [] });
      const wanted = all.map((_, index) => index);
      const seen: number[] = [];
      for await (const { index, data } of codec.messages(manifest, wanted, read)) {
        assert.ok(all[index]?.equals(data), `message ${index}`);
        seen.push(index);
      }
      assert.deepEqual(seen, wanted);
      await writer.abort();
      assert.deepEqual(await readdir(spoolDir), []);
    });

    test('a single message costs one ranged read', async () => {
      const writer = open();
      const written = await write(writer, all);
      const read = readerOf(written.file.path);
      const ranges: unknown[] = [];
      const counting = (range?: { offset: number; length: number }): AsyncIterable<Uint8Array> => {
        ranges.push(range);
        return read(range);
      };
      for await (const { data } of codec.messages(manifestOf(written, format, compression), [3], counting)) {
        assert.ok(all[3]?.equals(data));
      }
      assert.deepEqual(ranges, [written.messages[3]?.frame]);
      await writer.abort();
    });

    test('an object without its manifest is adopted only with the very messages expected', async () => {
      const writer = open();
      const { file, messages } = await write(writer, all);
      const read = readerOf(file.path);
      const blank = { offset: bytes(0), length: bytes(0) };
      const expected = messages.map((line) => {
        return { ...line, frame: blank, stored: { ...line.stored, offset: bytes(0) } };
      });
      const adopted = await codec.adopt(expected, format, compression, read);
      assert.deepEqual([adopted?.bytes, adopted?.sha256], [file.bytes, file.sha256]);
      const manifest = manifestOf({ file, messages: adopted?.messages ?? [] }, format, compression);
      assert.deepEqual(await codec.verify(manifest, read), { messages: all.length, faults: [] });
      const [first, second, ...rest] = expected;
      assert.ok(first && second);
      const others = [
        expected.slice(1),
        expected.slice(0, -1),
        [second, first, ...rest],
        [...expected, first],
      ];
      for (const lines of others) assert.equal(await codec.adopt(lines, format, compression, read), null);
      const object = await readFile(file.path);
      for (const damaged of [
        object.subarray(0, -1),
        Buffer.concat([object, Buffer.from('x')]),
        Buffer.alloc(0),
      ]) {
        assert.equal(await codec.adopt(expected, format, compression, readerOfBytes(damaged)), null);
      }
      await writer.abort();
    });

    test('a flipped bit, a cut, an addition and a wrong line are faults, and no such message is handed out', async () => {
      const writer = open();
      const written = await write(writer, oddMessages);
      const manifest = manifestOf(written, format, compression);
      const object = await readFile(written.file.path);
      const lastFrame = written.messages.at(-1)?.frame.offset ?? 0;
      const damaged = [
        object.subarray(0, -1),
        object.subarray(0, lastFrame),
        Buffer.alloc(0),
        Buffer.concat([object, Buffer.from('x')]),
        Buffer.concat([object, object]),
        ...[0, 9, object.length >> 1, object.length - 3].map((at) => flipped(object, at)),
      ];
      for (const [index, bad] of damaged.entries()) {
        assert.notDeepEqual((await codec.verify(manifest, readerOfBytes(bad))).faults, [], `damage ${index}`);
      }
      const lines = written.messages;
      const wrong = { ...lines[4], sha256: sha256('1'.repeat(64)) };
      const altered = {
        ...manifest,
        messages: lines.map((line, index) => (index === 4 ? { ...line, ...wrong } : line)),
      };
      const report = await codec.verify(altered, readerOfBytes(object));
      assert.deepEqual([report.messages, report.faults.map((fault) => fault.index)], [lines.length - 1, [4]]);
      const handed: number[] = [];
      await assert.rejects(
        async () => {
          for await (const { index } of codec.messages(altered, [3, 4, 5], readerOfBytes(object)))
            handed.push(index);
        },
        { code: 'verify' },
      );
      assert.deepEqual(handed, [3]);
      const fewer = { ...manifest, messages: lines.slice(1) };
      assert.notDeepEqual((await codec.verify(fewer, readerOfBytes(object))).faults, []);
      await writer.abort();
    });

    test('an archive of nothing is refused, and abort leaves nothing, again and again', async () => {
      const writer = open();
      await assert.rejects(writer.finish(), RangeError);
      await writer.begin(newMessage(1));
      await writer.piece(Buffer.alloc(3_000_000));
      await writer.abort();
      await writer.abort();
      await assert.rejects(writer.add(newMessage(2), Buffer.from('x')));
      assert.deepEqual(await readdir(spoolDir), []);
    });
  });
}

function flipped(object: Buffer, at: number): Buffer {
  const copy = Buffer.from(object);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

function hash(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function total(messages: readonly Buffer[]): number {
  return messages.reduce((sum, data) => sum + data.length, 0);
}
