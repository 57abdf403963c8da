import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { S3Client } from '@aws-sdk/client-s3';
import { mailbox } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { bucketArchives, bucketRequest, listBucket } from '../oracle/bucket.ts';
import { assertExactlyGone, assertSameMail } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { type Rgw, startRgw } from '../servers/rgw.ts';
import { adminClient, makeBucket } from '../store/s3/bucket.ts';
import { assertSilent, keyPair, type KeyPair } from './encrypted-site.ts';
import { assertExit, policy, said } from './installation.ts';
import { makeS3Site, prefix, toCold } from './s3-site.ts';

let dovecot: Dovecot;
let rgw: Rgw;
let admin: S3Client;
let keys: KeyPair;

before(async () => {
  keys = keyPair();
  [dovecot, rgw] = await Promise.all([startDovecot(), startRgw()]);
  admin = adminClient(rgw);
});

after(async () => {
  admin.destroy();
  keys.remove();
  await Promise.all([dovecot.stop(), rgw.stop()]);
});

for (const versions of [false, true]) {
  test(`encrypted mail goes to a bucket ${versions ? 'with' : 'without'} versions and comes back`, async (t) => {
    const user = `sealed${versions ? 1 : 0}@example.com`;
    await seedUser(dovecot, user, mailbox({ seed: 4, count: 60, user, meanSize: 6_000, flags: {} }));
    const bucket = await makeBucket(admin, { versions });
    const site = await makeS3Site({
      server: { port: dovecot.port },
      users: [user],
      policies: [policy('old', 365, toCold)],
      access: rgw,
      bucket,
      store: { encryption: { recipients: [keys.recipient] } },
    });
    t.after(() => site.remove());
    const full = await snapshot(dovecot, user);
    const selected = selectByRule(full, { olderThanDays: 365 }, new Date());
    const identity = ['--identity', keys.identity];

    // Killed after the PUT: the next run knows its object by its digest.
    const killed = await site.runProcess(['run', '--yes'], { env: { MOTHBALL_FAILPOINT: 'after put' } });
    assert.equal(killed.signal, 'SIGKILL', said(killed));
    const sealed = (keysThere: readonly string[]) => keysThere.filter((key) => key.endsWith('.mbox.zst.age'));
    const left = sealed(await listBucket(rgw, bucket));
    assert.equal(left.length, 1);
    const first = await site.run(['run', '--yes']);
    assertExit(first, 3);
    assert.match(said(first), /store "cold".*mothball validate --identity FILE/s);
    assert.deepEqual(await snapshot(dovecot, user), full);
    assert.ok(sealed(await listBucket(rgw, bucket)).includes(left[0] ?? ''));
    assertExit(await site.run(['verify']), 0);

    assertExit(await site.run(['validate', ...identity]), 0);
    assertExit(await site.run(['run', '--yes']), 0);
    const archives = await bucketArchives(rgw, bucket, { prefix, identity: keys.identity });
    assertExactlyGone(full, await snapshot(dovecot, user), archives, selected);
    assert.ok(archives.some(({ head }) => `${prefix}${head.key}` === left[0]));

    const restored = await site.run(['restore', '--all', '--yes', ...identity]);
    assertExit(restored, 0);
    assertSilent(said(first) + said(restored), keys);
    assertSameMail(full, await snapshot(dovecot, user));

    const path = `${bucket}/${left[0]}`;
    const data = await bucketRequest(rgw, { path });
    data[data.length - 30] = (data[data.length - 30] ?? 0) ^ 1;
    await bucketRequest(rgw, { method: 'PUT', path, body: data });
    const damaged = await site.run(['verify']);
    assertExit(damaged, 4);
  });
}
