import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { gzipMemberLength, zstdFrameLength } from '../../src/format/frame-length.ts';
import { compressFrame, decompressFrame } from '../../src/format/frames.ts';

const compressions = ['zstd', 'gzip', 'none'] as const;
const text = Buffer.from('From x\nHello, world\n'.repeat(5000));

test('any bytes in a frame come back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), fc.constantFrom(...compressions), (data, compression) => {
      const frame = compressFrame(data, compression);
      assert.deepEqual(Buffer.from(decompressFrame(frame, compression, data.length)), Buffer.from(data));
    }),
  );
});

test('zstd and gzip open our frames one after another', () => {
  for (const [compression, command] of [
    ['zstd', 'zstd'],
    ['gzip', 'gzip'],
  ] as const) {
    const input = Buffer.concat([
      compressFrame(text, compression),
      compressFrame(Buffer.from('more'), compression),
    ]);
    const output = execFileSync(command, ['-dc'], { input, maxBuffer: 1e8 });
    assert.deepEqual(output, Buffer.concat([text, Buffer.from('more')]));
  }
});

test('a frame with any bit flipped, cut short, too long or of another length is damaged', () => {
  for (const compression of ['zstd', 'gzip'] as const) {
    const frame = Buffer.from(compressFrame(text, compression));
    const damaged = { code: 'verify' };
    for (let at = 0; at < frame.length; at += 7) {
      const flipped = Buffer.from(frame);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 0x10, at);
      let same = false;
      try {
        // gzip's own header has bytes without meaning (time, system): those change nothing.
        same = text.equals(decompressFrame(flipped, compression, text.length));
      } catch (error) {
        assert.equal(error instanceof Error && 'code' in error && error.code, 'verify');
        same = true;
      }
      assert.ok(same, `${compression}: a flip at ${at} gave other bytes`);
    }
    assert.throws(() => decompressFrame(frame.subarray(0, -1), compression, text.length), damaged);
    assert.throws(() => decompressFrame(Buffer.concat([frame, frame]), compression, text.length), damaged);
    assert.throws(
      () => decompressFrame(Buffer.concat([frame, Buffer.alloc(9)]), compression, text.length),
      damaged,
    );
    assert.throws(() => decompressFrame(frame, compression, text.length - 1), damaged);
    assert.throws(() => decompressFrame(frame, compression, text.length + 1), damaged);
  }
});

test('a zstd frame carries a checksum', () => {
  assert.equal((compressFrame(text, 'zstd')[4] ?? 0) & 4, 4);
});

test('frame lengths are found by walking headers, whatever stands behind', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400_000, size: 'max' }),
      fc.nat(50),
      fc.nat(100),
      (data, before, after) => {
        for (const [compression, measure] of [
          ['zstd', (from: Uint8Array, at: number) => zstdFrameLength(from, at)],
          ['gzip', gzipMemberLength],
        ] as const) {
          const frame = compressFrame(data, compression);
          const bytes = Buffer.concat([Buffer.alloc(before), frame, Buffer.alloc(after, 0x28)]);
          const most = data.length;
          assert.equal(measure(bytes, before, most), frame.length);
          assert.equal(measure(bytes.subarray(0, before + frame.length - 1), before, most), null);
        }
      },
    ),
    { numRuns: 20 },
  );
  const streamed = execFileSync('zstd', ['-c', '--no-check'], { input: text });
  assert.equal(zstdFrameLength(Buffer.concat([streamed, text]), 0), streamed.length);
});

test('what is no frame of ours is refused', () => {
  const skippable = Buffer.from('502a4d1804000000abcdefab', 'hex');
  assert.throws(() => zstdFrameLength(skippable, 0), { code: 'verify', message: /skippable/ });
  assert.throws(() => zstdFrameLength(text, 0), { code: 'verify' });
  assert.throws(() => gzipMemberLength(text, 0, text.length), { code: 'verify' });
  const named = Buffer.from(zlib.gzipSync(text));
  named.writeUInt8(8, 3);
  assert.throws(() => gzipMemberLength(named, 0, text.length), { code: 'verify' });
});

test('a gzip member that unpacks to more than it may is refused, not unpacked', () => {
  const bomb = zlib.gzipSync(Buffer.alloc(10_000_000));
  assert.throws(() => gzipMemberLength(bomb, 0, 1_000_000), { code: 'verify' });
  assert.equal(gzipMemberLength(bomb, 0, 10_000_000), bomb.length);
});
