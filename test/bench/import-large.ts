/**
 * `npm run test:import-large`: an mbox of 2 GB and a Maildir of 200,000 files are imported. Each must need
 * less than 250 MB of memory (all processes together), and give exactly the messages that were written:
 * their count, and the sum of their SHA-256. Shows the rate beside that of a bare read of the same files.
 *
 *   node test/bench/import-large.ts [--bytes 2000000000] [--files 200000]
 */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { findFiles } from '../oracle/archives.ts';
import { launcher } from '../integration/mothball.ts';
import { makeSite, policy } from '../integration/installation.ts';
import { watchMemory } from './peak-memory.ts';

const { values } = parseArgs({
  options: { bytes: { type: 'string', default: '2000000000' }, files: { type: 'string', default: '200000' } },
});
const mostMemory = 250 * 1024 * 1024;
const megabyte = 1_000_000;

/** Digests of all messages, added up: the same for the same messages in any order. */
class Sum {
  count = 0;
  #sum = 0n;

  add(hex: string): void {
    this.count += 1;
    this.#sum = (this.#sum + BigInt(`0x${hex}`)) % 2n ** 256n;
  }

  toString(): string {
    return `${this.count} messages, ${this.#sum.toString(16)}`;
  }
}

/** Text that compresses as mail does, a little different each time. */
function body(number: number, size: number): string {
  const line = `${number} ${'the quick brown fox jumps over the lazy dog '.repeat(2).slice(0, 60)}`;
  return `${Array.from({ length: Math.ceil(size / 70) }, (_, index) => `${line} ${(index * 7919 + number) % 9973}`).join('\n')}\n`;
}

function message(number: number, size: number): string {
  return `From: ${number}@example.org\nSubject: message ${number}\nDate: Thu, 01 Jan 2015 00:00:00 +0000\n\n${body(number, size)}`;
}

/** As IMAP would deliver it. */
function onWire(text: string): string {
  return createHash('sha256').update(text.replaceAll('\n', '\r\n')).digest('hex');
}

async function writeMbox(path: string, bytes: number): Promise<Sum> {
  const sum = new Sum();
  const file = createWriteStream(path);
  for (let written = 0, number = 0; written < bytes; number += 1) {
    // One in a thousand is large.
    const text = message(number, number % 1000 === 999 ? 5 * megabyte : 30_000);
    const stored = `From a@b Thu Jan  1 00:00:00 2015\n${text}\n`;
    sum.add(onWire(text));
    written += stored.length;
    if (!file.write(stored)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  return sum;
}

function writeMaildir(path: string, files: number): Sum {
  const sum = new Sum();
  for (const part of ['cur', 'new', 'tmp']) mkdirSync(join(path, part), { recursive: true });
  for (let number = 0; number < files; number += 1) {
    const text = message(number, 2_000);
    sum.add(onWire(text));
    writeFileSync(join(path, 'cur', `14200000${number}.M${number}.host:2,S`), text);
  }
  return sum;
}

/** The same bytes, read by nothing but the file system. */
async function bareRead(path: string): Promise<{ readonly bytes: number; readonly seconds: number }> {
  const start = performance.now();
  let bytes = 0;
  if (path.endsWith('.mbox'))
    for await (const piece of createReadStream(path, { highWaterMark: 256 * 1024 })) bytes += piece.length;
  else
    for (const name of readdirSync(join(path, 'cur'))) bytes += readFileSync(join(path, 'cur', name)).length;
  return { bytes, seconds: (performance.now() - start) / 1000 };
}

/** What the manifests list, read with zstd and nothing of ours. */
function archivedIn(directory: string): Sum {
  const sum = new Sum();
  for (const path of findFiles(directory, '.manifest.jsonl.zst')) {
    const text = execFileSync('zstd', ['-dcq', path], { maxBuffer: 2 ** 30, encoding: 'utf8' });
    for (const line of text.split('\n')) {
      const found = /"sha256":"([0-9a-f]{64})"/.exec(line);
      if (line.startsWith('{"kind":"message"') && found !== null) sum.add(found[1] ?? '');
    }
  }
  return sum;
}

async function measured(name: string, write: (path: string) => Promise<Sum> | Sum): Promise<boolean> {
  const site = await makeSite({ server: { port: 9 }, users: ['alice'], policies: [policy('old', 365)] });
  try {
    const path = join(site.dir, name);
    const expected = await write(path);
    const bare = await bareRead(path);
    const start = performance.now();
    const args = [launcher, 'import', path, '--account', 'alice', '--folder', 'Large', '--quiet'];
    const child = spawn(process.execPath, args, { cwd: site.dir, stdio: ['ignore', 'inherit', 'inherit'] });
    const memory = watchMemory(child.pid ?? 0);
    const [code] = await once(child, 'exit');
    const peak = memory.stop();
    const seconds = (performance.now() - start) / 1000;
    const found = archivedIn(site.archiveDir);
    const rate = (time: number): string => `${(bare.bytes / megabyte / time).toFixed(1)} MB/s`;
    const fine = code === 0 && String(found) === String(expected) && peak < mostMemory;
    process.stdout.write(
      `${fine ? 'ok' : 'FAILED'} ${name}: ${expected.count} messages, ${Math.round(bare.bytes / megabyte)} MB, exit ${String(code)}; ` +
        `${seconds.toFixed(0)} s, ${rate(seconds)} (${(expected.count / seconds).toFixed(0)} messages/s) beside ${rate(bare.seconds)} of a bare read; ` +
        `peak ${Math.round(peak / megabyte)} MB; wanted ${String(expected)}, found ${String(found)}\n`,
    );
    return fine;
  } finally {
    await site.remove();
  }
}

const results = [
  await measured('large.mbox', (path) => writeMbox(path, Number(values.bytes))),
  await measured('Maildir', (path) => writeMaildir(path, Number(values.files))),
];
process.exitCode = results.every(Boolean) ? 0 : 1;
