import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { S3Client } from '@aws-sdk/client-s3';
import { seedByAppend } from '../corpus/append.ts';
import { mailbox, usualFlags } from '../corpus/mailbox.ts';
import { oddMail, seedUser } from '../corpus/seed.ts';
import { listBucket } from '../oracle/bucket.ts';
import { assertExactlyGone, assertSameMail } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { startDovecot } from '../servers/dovecot.ts';
import type { Dovecot } from '../servers/dovecot.ts';
import { startRgw } from '../servers/rgw.ts';
import type { Rgw } from '../servers/rgw.ts';
import { adminClient, makeBucket } from '../store/s3/bucket.ts';
import type { ArchivesDocument, PlanDocument, RunDocument } from './documents.ts';
import { makeS3Site, toCold } from './s3-site.ts';
import { assertExit, policy } from './site.ts';

const folders = ['INBOX', 'INBOX', 'R&D', 'Zdjęcia/Wakacje 2019', 'Keep/For ever'];
const rule = { olderThanDays: 365, notFolders: ['Keep/For ever'] };
let dovecot: Dovecot;
let rgw: Rgw;
let admin: S3Client;

before(async () => {
  [dovecot, rgw] = await Promise.all([startDovecot(), startRgw()]);
  admin = adminClient(rgw);
});

after(async () => {
  admin.destroy();
  await Promise.all([dovecot.stop(), rgw.stop()]);
});

for (const [compression, versions] of [
  ['zstd', false],
  ['gzip', true],
  ['none', false],
] as const) {
  const kind = versions ? 'with versions' : 'without versions';
  test(`mail goes to a bucket ${kind} and comes back byte for byte (${compression})`, async (t) => {
    const user = `${compression}${versions ? 1 : 0}@example.com`;
    await seedUser(
      dovecot,
      user,
      mailbox({ seed: 1, count: 200, folders, user, meanSize: 9_000, flags: usualFlags }),
    );
    await seedByAppend(dovecot, user, oddMail('INBOX', 500));
    const bucket = await makeBucket(admin, { versions });
    const site = await makeS3Site({
      server: { port: dovecot.port },
      users: [user],
      policies: [
        policy('old', 365, {
          archive: { to: 'cold', compression },
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
  });
}

test('a copy of a bucket, with other versions, restores all the same', async (t) => {
  const user = 'copy@example.com';
  await seedUser(dovecot, user, mailbox({ seed: 3, count: 50, ages: { from: 400, to: 900 }, flags: {} }));
  const [bucket, other] = [
    await makeBucket(admin, { versions: true }),
    await makeBucket(admin, { versions: true }),
  ];
  const wish = {
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, toCold)],
    access: rgw,
    bucket,
  };
  const site = await makeS3Site(wish);
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  assertExit(await site.run(['run', '--yes']), 0);
  const { CopyObjectCommand } = await import('@aws-sdk/client-s3');
  for (const key of await listBucket(rgw, bucket)) {
    await admin.send(new CopyObjectCommand({ Bucket: other, Key: key, CopySource: `${bucket}/${key}` }));
  }
  await site.configureStore({ bucket: other });
  assertExit(await site.run(['restore', '--all', '--yes']), 0);
  assertSameMail(full, await snapshot(dovecot, user));
});
