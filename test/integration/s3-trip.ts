import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { S3Client } from '@aws-sdk/client-s3';
import { seedByAppend } from '../corpus/append.ts';
import { mailbox, usualFlags } from '../corpus/mailbox.ts';
import { oddMail, seedUser } from '../corpus/seed.ts';
import { listBucket } from '../oracle/bucket.ts';
import { assertExactlyGone, assertSameMail } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import type { Dovecot } from '../servers/dovecot.ts';
import type { Rgw } from '../servers/rgw.ts';
import { makeBucket } from '../store/s3/bucket.ts';
import type { ArchivesDocument, PlanDocument, RunDocument } from './documents.ts';
import { assertExit, policy } from './installation.ts';
import { makeS3Site } from './s3-site.ts';

const folders = ['INBOX', 'INBOX', 'R&D', 'Zdjęcia/Wakacje 2019', 'Keep/For ever'];
const rule = { olderThanDays: 365, notFolders: ['Keep/For ever'] };

export interface S3Servers {
  readonly dovecot: Dovecot;
  readonly rgw: Rgw;
  readonly admin: S3Client;
}

export interface S3Trip {
  readonly format: string;
  readonly compression: string;
  /** Whether the bucket keeps versions. */
  readonly versions: boolean;
  readonly count: number;
}

/** Plans, archives to a bucket, deletes, loses the database, reindexes, verifies and restores. */
export async function s3Trip(
  t: TestContext,
  { dovecot, rgw, admin }: S3Servers,
  { format, compression, versions, count }: S3Trip,
): Promise<void> {
  const user = `${format}-${compression}@example.com`;
  await seedUser(
    dovecot,
    user,
    mailbox({ seed: 1, count, folders, user, meanSize: 9_000, flags: usualFlags }),
  );
  await seedByAppend(dovecot, user, oddMail('INBOX', 500));
  const bucket = await makeBucket(admin, { versions });
  const site = await makeS3Site({
    server: { port: dovecot.port },
    users: [user],
    policies: [
      policy('old', 365, {
        archive: { to: 'cold', format, compression },
        folders: { include: ['**'], exclude: ['Keep/**'] },
      }),
    ],
    access: rgw,
    bucket,
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  const selected = selectByRule(full, rule, new Date());

  const { plans } = await site.json<PlanDocument>(['plan']);
  assert.equal(plans[0]?.messages, selected.length);
  assert.deepEqual(await listBucket(rgw, bucket), []);

  const { runs } = await site.json<RunDocument>(['run', '--yes']);
  assert.deepEqual(
    runs.map((run) => [run.archived.messages, run.deleted.messages, run.errors]),
    [[selected.length, selected.length, []]],
  );
  const archives = await site.archives();
  assertExactlyGone(full, await snapshot(dovecot, user), archives, selected);
  for (const { head } of archives) {
    assert.ok('objectVersion' in head);
    assert.equal(typeof head.objectVersion, versions ? 'string' : 'object');
  }

  await site.removeDatabase();
  assertExit(await site.run(['reindex', '--yes']), 0);
  assertExit(await site.run(['verify']), 0);
  const listed = await site.json<ArchivesDocument>(['archives']);
  assert.equal(listed.archives.length, archives.length);
  assert.ok(listed.archives.every(({ state }) => state === 'verified'));

  // Dovecot alters CR CR LF on every APPEND: that is told.
  assertExit(await site.run(['restore', '--all', '--yes']), 3);
  const unaltered = (mail: typeof full) => ({
    ...mail,
    messages: mail.messages.filter(({ subject }) => subject !== 'cr-cr-lf'),
  });
  const back = await snapshot(dovecot, user);
  assertSameMail(unaltered(full), unaltered(back));
  await site.run(['restore', '--all', '--yes']);
  assert.deepEqual(await snapshot(dovecot, user), back);
}
