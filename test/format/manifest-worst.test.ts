/** Reading a manifest lets other work have its turn, whatever is in it (SAFETY I8). */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import zlib from 'node:zlib';
import { mostManifestText } from '../../src/domain/bounds.ts';
import type { Manifest } from '../../src/format/manifest-types.ts';
import { parseManifest } from '../../src/format/manifest-parse.ts';
import { encodeManifest, manifestDigest } from '../../src/format/manifest.ts';
import { inFull } from '../full.ts';
import { manifest, manifestLines, message, named } from './manifest-samples.ts';

const MiB = 1024 * 1024;
/** `npm run test:long` goes up to the bound of 256 MiB. */
const size = inFull ? 250 * MiB : 16 * MiB;
/** In milliseconds. Collecting what other tests of this file left counts too. */
const longest = inFull ? 100 : 200;

/** What this thread has worked so far, in milliseconds: unlike a clock, it does not count what other programs do. */
function worked(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The most that was done before other work had its turn, in milliseconds. */
async function held(work: () => Promise<unknown>): Promise<number> {
  let most = 0;
  const ended = { yes: false };
  const watch = async (): Promise<void> => {
    for (let before = worked(); !ended.yes; before = worked()) {
      await nextTurn();
      most = Math.max(most, worked() - before);
    }
  };
  const watching = watch();
  await work();
  ended.yes = true;
  await watching;
  return most;
}

function assertShort(milliseconds: number, what: string): void {
  console.log(`# ${what}: ${milliseconds.toFixed(0)} ms`);
  assert.ok(milliseconds < longest, `${what}: nothing else had its turn for ${milliseconds} ms`);
}

/** In one frame, as early versions and forgers write. */
const oneFrame = (text: Buffer): Uint8Array => zlib.zstdCompressSync(text);

/** One line that is filled with `unit` up to a length. */
function lineOf(before: string, unit: string, after: string, length: number): Buffer {
  const head = `${JSON.stringify(manifest.head)}\n`;
  const line = `${before}${unit.repeat(Math.floor(length / unit.length))}${after}\n`;
  const digest = createHash('sha256').update(head).update(line).digest('hex');
  return Buffer.from(`${head}${line}${JSON.stringify({ kind: 'end', messages: 1, digest })}\n`);
}

function manifestOf(length: number): Manifest {
  const bytesOfLine = JSON.stringify(message).length + 1;
  const messages = Array.from({ length: Math.floor(length / bytesOfLine) }, () => message);
  return named({ ...manifest, messages });
}

test('a manifest of as many messages as its bound allows is read in turns', async () => {
  const object = oneFrame(manifestLines(manifestOf(size)));
  let read = manifest;
  assertShort(
    await held(async () => void (read = await parseManifest(object))),
    `read ${size / MiB} MiB of lines`,
  );
  assert.equal(read.messages.length, manifestOf(size).messages.length);
  assertShort(await held(() => manifestDigest(read)), 'hashed');
});

test('a manifest as large as one is made is written in turns', async () => {
  const long = manifestOf(mostManifestText);
  assertShort(await held(() => encodeManifest(long)), 'written');
});

test('a line as long as may be is read and hashed in turns', async () => {
  const length = Math.min(size, 24 * MiB);
  const long = named({ ...manifest, messages: [{ ...message, to: '\u0001'.repeat(length / 6) }] });
  const object = oneFrame(manifestLines(long));
  let read = manifest;
  assertShort(await held(async () => void (read = await parseManifest(object))), 'read a long line');
  assert.equal(await manifestDigest(read), await manifestDigest(long));
  assertShort(await held(() => manifestDigest(long)), 'hashed a long line');
});

for (const [what, before, unit, after] of [
  ['empty lists', '{"x":[', '[],', '[]]}'],
  ['short texts', '{"flags":[', '"a",', '"b"]}'],
  ['nested lists', '{"x":', '[', ''],
] as const) {
  test(`a forged line of ${what} is refused in turns`, async () => {
    const object = oneFrame(lineOf(before, unit, after, Math.min(size, 30 * MiB)));
    const reading = (): Promise<void> => assert.rejects(parseManifest(object), { code: 'verify' });
    assertShort(await held(reading), what);
  });
}

for (const [what, text] of [
  ['one line of more than 32 MiB', Buffer.alloc(33 * MiB, 'x')],
  ['very short lines', lineOf('{}', '\n{}', '', 4 * MiB)],
] as const) {
  test(`a forgery of ${what} is refused in turns`, async () => {
    const object = oneFrame(text);
    const reading = (): Promise<void> => assert.rejects(parseManifest(object), { code: 'verify' });
    assertShort(await held(reading), what);
  });
}

test('thousands of empty frames are refused', async () => {
  const empty = zlib.zstdCompressSync(Buffer.alloc(0));
  const object = Buffer.concat(Array.from({ length: 5000 }, () => empty));
  await assert.rejects(parseManifest(object), { code: 'verify', message: /more than 4096 frames/ });
});
