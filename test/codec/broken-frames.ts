/**
 * Verifies an object whose one large frame breaks off at its start, many times over: zlib's thread is
 * then still reading what came in. Prints how many of the objects had a fault.
 *
 *   node test/codec/broken-frames.ts COMPRESSION ROUNDS
 */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { VerifyJob } from '../../src/codec/verify-job.ts';
import { bytes, sha256 } from '../../src/domain/brands.ts';
import { compressFrame } from '../../src/format/frames.ts';

const compression = process.argv[2] === 'gzip' ? 'gzip' : 'zstd';
const message = Buffer.alloc(5 * 1024 * 1024, 'abcdefgh\n');
for (let at = 0; at < message.length; at += 32) randomBytes(4).copy(message, at);
const first = Buffer.from('Xrom a@example.com Thu Jan  1 00:00:00 2020\n');
const stored = Buffer.concat([message, Buffer.from('\n\n')]);
const plain = Buffer.concat([first, stored]);
const frame = compressFrame(plain, compression);
const digest = sha256('0'.repeat(64));
const line = {
  sha256: digest,
  headerSha256: digest,
  size: bytes(message.length),
  crlf: false,
  addedNewline: true,
  stored: { offset: bytes(first.length), length: bytes(stored.length) },
};
const format = 'mbox' as const;
const spec = { length: frame.length, plainLength: plain.length, format, compression, lines: [line] } as const;

let faults = 0;
for (let round = 0; round < Number(process.argv[3]); round++) {
  const layout = {
    packing: { format, compression } as const,
    tail: 0,
    frames: [{ ...spec, gap: 0, first: 0 }],
  };
  const job = new VerifyJob(layout);
  for (let at = 0; at < frame.length; at += 1024 * 1024) await job.push(frame.subarray(at, at + 1024 * 1024));
  faults += (await job.close()).report.faults.length;
}
console.log(faults);
