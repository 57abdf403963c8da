import test, { after, before } from 'node:test';
import type { S3Client } from '@aws-sdk/client-s3';
import { mailbox } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { listBucket } from '../oracle/bucket.ts';
import { assertSameMail } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { type Rgw, startRgw } from '../servers/rgw.ts';
import { adminClient, makeBucket } from '../store/s3/bucket.ts';
import { assertExit, policy } from './installation.ts';
import { makeS3Site, toCold } from './s3-site.ts';
import { s3Trip } from './s3-trip.ts';

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
  test(`mail goes to a bucket ${kind} and comes back byte for byte (${compression})`, (t) =>
    s3Trip(t, { dovecot, rgw, admin }, { format: 'mbox', compression, versions, count: 200 }));
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
