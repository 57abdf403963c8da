/**
 * Memory and time with half a million messages: an mbox file of them is imported, exported, indexed anew in a
 * fresh catalog, and restored to a server, beside nothing but MULTIAPPEND of the same mail.
 *
 *   npm run bench:half-million [MESSAGES]
 *
 * Prints one JSON document; peaks are of all processes of a command together.
 */
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { SeedMessage } from '../corpus/mailbox.ts';
import { makeSite, policy } from '../integration/installation.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { measured } from './measured.ts';
import { rawAppend } from './other-programs.ts';
import { buildPackage } from './package.ts';

const messages = Number(process.argv[2] ?? 500_000);
const hour = 3_600_000;
const user = 'half';

function* mail(): Generator<SeedMessage> {
  for (let index = 0; index < messages; index += 1) {
    const date = new Date(Date.UTC(2010, 0, 1) + (index % 100_000) * hour);
    const head = `From: Ada <ada${index % 997}@example.com>\r\nTo: half@example.com\r\nSubject: message ${index}\r\nDate: ${date.toUTCString().replace('GMT', '+0000')}\r\nMessage-ID: <${index}@example.com>\r\n`;
    const raw = Buffer.from(`${head}\r\n${`line of text ${index}\r\n`.repeat(12)}`);
    yield { folder: 'INBOX', raw, flags: [], internalDate: date };
  }
}

function* mbox(): Generator<string> {
  for (const { raw, internalDate } of mail())
    yield `From ada@example.com ${asctime(internalDate)}\n${raw.toString('latin1').replaceAll('\r\n', '\n')}\n`;
}

function asctime(date: Date): string {
  const [day = '', of = '', month = '', year = '', time = ''] = date
    .toUTCString()
    .replace(',', '')
    .split(' ');
  return `${day} ${month} ${of.replace(/^0/, ' ')} ${time} ${year}`;
}

const built = await buildPackage();
// A Maildir slows down with each file: half a million would measure that.
const dovecot = await startDovecot({ quotaBytes: null, extraConfig: 'mail_location = mdbox:~/mdbox' });
const site = await makeSite({
  server: { port: dovecot.port },
  users: [user],
  policies: [policy('all', 365)],
});
try {
  const loads = [loadavg()[0]];
  await pipeline(Readable.from(mbox()), createWriteStream(join(site.dir, 'mail.mbox')));
  const run = async (...args: readonly string[]) => {
    const options = { cwd: site.dir, longestMs: 3_600_000 };
    const launcher = join(built, 'src', 'mothball.js');
    const { seconds, cpuSeconds, peakMegabytes } = await measured(
      process.execPath,
      [launcher, ...args],
      options,
    );
    return { seconds, cpuSeconds, peakMegabytes };
  };
  const imported = await run('import', 'mail.mbox', '--folder', 'Old', '--yes', '--quiet');
  const exported = await run('export', '--all', '--format', 'mbox', '--to-dir', 'out', '--quiet');
  await rm(join(site.dir, 'out'), { recursive: true });
  for (const end of ['', '-wal', '-shm']) await rm(join(site.dir, `mothball.db${end}`), { force: true });
  const reindexed = await run('reindex', '--yes', '--quiet');
  const floor = await rawAppend({ port: dovecot.port, user }, mail());
  const restored = await run('restore', '--all', '--yes', '--quiet');
  const toFloor = floor.seconds / restored.seconds;
  const found = { imported, exported, reindexed, restored, floorSeconds: floor.seconds, toFloor };
  console.log(JSON.stringify({ messages, ...found, loads: [...loads, loadavg()[0]] }, null, 2));
} finally {
  await site.remove();
  await dovecot.stop();
  await rm(built, { recursive: true, force: true });
}
