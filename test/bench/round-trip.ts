/**
 * How long archive + verify + delete of 20,000 messages / 424 MB takes, against mbsync merely
 * copying them in the same run, and how much memory it needs.
 *
 *   node test/bench/round-trip.ts [--count 20000] [--large] [--rounds 1]
 *
 * `--large`: one message of 200 MB among a few small ones, in place of the many.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { mailbox, note, type SeedMessage } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import type { RunDocument } from '../integration/documents.ts';
import { describe, makeSite, policy } from '../integration/installation.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { buildPackage } from './package.ts';
import { watchMemory } from './peak-memory.ts';

interface Row {
  readonly what: string;
  readonly seconds: number;
  readonly messages: number;
  readonly megabytes: number;
  readonly peakMegabytes: number;
}

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '20000' },
    large: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '1' },
  },
});

function* corpus(): Generator<SeedMessage> {
  if (!values.large) {
    yield* mailbox({
      seed: 1,
      count: Number(values.count),
      ages: { from: 400, to: 2_000 },
      flags: { '\\Seen': 70 },
    });
    return;
  }
  yield* mailbox({ seed: 2, count: 50, ages: { from: 400, to: 2_000 }, flags: {} });
  yield note('two hundred megabytes', 500, { size: 200_000_000 });
}

/** mbsync copies the mailbox into a local Maildir: nothing is verified, nothing is deleted. */
async function copyWithMbsync(
  dovecot: Dovecot,
  user: string,
): Promise<{ seconds: number; peakMegabytes: number }> {
  const directory = await mkdtemp(join(tmpdir(), 'mbsync-'));
  const config = `IMAPAccount a
Host 127.0.0.1
Port ${dovecot.port}
User ${user}
Pass secret
SSLType None

IMAPStore far
Account a

MaildirStore near
Path ${directory}/
Inbox ${directory}/INBOX

Channel c
Far :far:
Near :near:
Patterns INBOX
Sync Pull
Create Near
SyncState ${directory}/state/
`;
  await writeFile(join(directory, 'mbsyncrc'), config);
  try {
    return await timed('mbsync', ['-c', join(directory, 'mbsyncrc'), 'c']);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function timed(
  program: string,
  args: readonly string[],
): Promise<{ seconds: number; peakMegabytes: number }> {
  return new Promise((resolve, reject) => {
    const start = process.hrtime.bigint();
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const memory = watchMemory(child.pid ?? 0);
    child.once('error', reject);
    child.once('close', (code) => {
      const peakMegabytes = memory.stop() / 1e6;
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      if (code === 0) resolve({ seconds, peakMegabytes });
      else reject(new Error(`${program} exited ${code}`));
    });
  });
}

async function archiveWithMothball(dovecot: Dovecot, user: string): Promise<Row> {
  const limits = { maxPercent: 100, maxMessages: 1_000_000, maxBytes: '20GiB' };
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('all', 365, { limits })],
  });
  try {
    const start = process.hrtime.bigint();
    let memory = { stop: () => 0 };
    const run = await site.runProcess(['run', '--yes', '--json', '--quiet'], {
      launcher,
      onStart: ({ pid }) => {
        memory = watchMemory(pid);
      },
    });
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    const peakMegabytes = memory.stop() / 1e6;
    if (run.code !== 0) throw new Error(describe(run));
    const { runs }: RunDocument = JSON.parse(run.stdout);
    const [done] = runs;
    const deleted = done?.deleted ?? { messages: 0, bytes: 0 };
    return {
      what: 'mothball',
      seconds,
      messages: deleted.messages,
      megabytes: deleted.bytes / 1e6,
      peakMegabytes,
    };
  } finally {
    await site.remove();
  }
}

/** Nobody pays for what the one before left to be written. */
function settle(): void {
  spawnSync('sync');
}

const built = await buildPackage();
const launcher = join(built, 'src', 'mothball.js');
const dovecot = await startDovecot({ quotaBytes: null });
const ratios: number[] = [];
try {
  for (let round = 1; round <= Number(values.rounds); round++) {
    const user = `bench${round}`;
    const seeded = await seedUser(dovecot, user, corpus());
    const size = { messages: seeded.messages, megabytes: seeded.bytes / 1e6 };
    settle();
    const copy: Row = { what: 'mbsync', ...size, ...(await copyWithMbsync(dovecot, user)) };
    settle();
    const archive = await archiveWithMothball(dovecot, user);
    if (archive.messages !== seeded.messages)
      throw new Error(`${archive.messages} of ${seeded.messages} were deleted`);
    for (const row of [copy, archive]) {
      const speed = `${(row.megabytes / row.seconds).toFixed(1)} MB/s`;
      console.log(
        `${row.what.padEnd(9)} ${row.seconds.toFixed(2).padStart(7)} s  ${String(row.messages).padStart(6)} messages  ` +
          `${row.megabytes.toFixed(1).padStart(6)} MB  ${speed.padStart(11)}  peak ${row.peakMegabytes.toFixed(0)} MB`,
      );
    }
    ratios.push(archive.seconds / copy.seconds);
    console.log(
      `ratio     ${(archive.seconds / copy.seconds).toFixed(2)} (at most 1.5), peak under 250 MB: ${archive.peakMegabytes < 250 ? 'yes' : 'NO'}`,
    );
  }
  // One round says little where disk and processor are shared with others.
  const middle = ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)];
  if (ratios.length > 1) console.log(`median of ${ratios.length} rounds: ratio ${middle?.toFixed(2)}`);
} finally {
  await dovecot.stop();
  await rm(built, { recursive: true, force: true });
}
