/**
 * 1 GB of mail archived to a bucket: time, memory and the most that lay in the spool. Then one
 * message out of a 256 MiB archive: requests and octets that it costs.
 *
 *   node test/bench/archive-to-s3.ts [--count 10000] [--mean 100000]
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { mailbox } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startS3Proxy } from '../fault/s3-proxy.ts';
import type { ArchivesDocument, RunDocument } from '../integration/documents.ts';
import { describe, policy } from '../integration/installation.ts';
import { makeS3Site, toCold } from '../integration/s3-site.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { startRgw } from '../servers/rgw.ts';
import { adminClient, makeBucket } from '../store/s3/bucket.ts';
import { watchMemory } from './peak-memory.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '10000' }, mean: { type: 'string', default: '100000' } },
});
const spoolLimit = 1024 ** 3;

/** Octets of the files below a directory; those that vanish meanwhile don't count. */
function octetsIn(directory: string): number {
  let sum = 0;
  for (const name of list(directory)) sum += statSync(name, { throwIfNoEntry: false })?.size ?? 0;
  return sum;
}

function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name));
  } catch {
    return [];
  }
}

const [dovecot, rgw] = await Promise.all([startDovecot({ quotaBytes: null }), startRgw()]);
const proxy = await startS3Proxy(rgw);
const admin = adminClient(rgw);
try {
  const user = 'bench@example.com';
  const corpus = mailbox({
    seed: 1,
    count: Number(values.count),
    ages: { from: 400, to: 2_000 },
    flags: {},
    meanSize: Number(values.mean),
  });
  const seeded = await seedUser(dovecot, user, corpus);
  const limits = { maxPercent: 100, maxMessages: 1_000_000, maxBytes: '20GiB' };
  const site = await makeS3Site({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('all', 365, { ...toCold, limits })],
    extra: { spool: { path: 'spool', maxBytes: '1GiB' } },
    access: rgw,
    bucket: await makeBucket(admin),
  });
  try {
    let memory = { stop: () => 0 };
    let spool = 0;
    const looking = setInterval(() => {
      spool = Math.max(spool, octetsIn(join(site.dir, 'spool')));
    }, 50);
    const start = process.hrtime.bigint();
    const run = await site.runProcess(['run', '--yes', '--json', '--quiet'], {
      onStart: ({ pid }) => {
        memory = watchMemory(pid);
      },
    });
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    clearInterval(looking);
    const peak = memory.stop() / 1e6;
    if (run.code !== 0) throw new Error(describe(run));
    const { runs }: RunDocument = JSON.parse(run.stdout);
    if (runs[0]?.deleted.messages !== seeded.messages) throw new Error(describe(run));
    console.log(
      `archived, verified and deleted ${seeded.messages} messages, ${(seeded.bytes / 1e6).toFixed(0)} MB, in ${seconds.toFixed(1)} s`,
    );
    console.log(`peak memory ${peak.toFixed(0)} MB (under 300: ${peak < 300 ? 'yes' : 'NO'})`);
    console.log(
      `spool at most ${(spool / 1e6).toFixed(0)} MB of ${(spoolLimit / 1e6).toFixed(0)} (${spool <= spoolLimit ? 'yes' : 'NO'})`,
    );
    const { archives } = await site.json<ArchivesDocument>(['archives']);
    const [largest] = archives.toSorted((a, b) => b.bytes - a.bytes);
    if (largest === undefined) throw new Error('no archive');
    await site.configureStore({ endpoint: proxy.endpoint });
    proxy.set(() => null);
    const shown = await site.runProcess(['show', `${largest.id}/${largest.messages >> 1}`]);
    if (shown.code !== 0) throw new Error(describe(shown));
    const read = proxy.seen.reduce((sum, { bytes }) => sum + bytes, 0);
    console.log(
      `one message of an archive of ${(largest.bytes / 1024 ** 2).toFixed(0)} MiB: ${proxy.seen.length} requests (at most 3), ${(read / 1e6).toFixed(2)} MB (at most 2)`,
    );
  } finally {
    await site.remove();
  }
} finally {
  admin.destroy();
  await proxy.stop();
  await Promise.all([dovecot.stop(), rgw.stop()]);
}
