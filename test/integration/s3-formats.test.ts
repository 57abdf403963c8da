import test, { after, before } from 'node:test';
import type { S3Client } from '@aws-sdk/client-s3';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { type Rgw, startRgw } from '../servers/rgw.ts';
import { adminClient } from '../store/s3/bucket.ts';
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

for (const [format, compression, versions] of [
  ['eml-zip', 'deflate', true],
  ['eml-zip', 'none', false],
  ['maildir-tar', 'zstd', true],
  ['maildir-tar', 'gzip', false],
  ['maildir-tar', 'none', false],
] as const) {
  test(`mail goes to a bucket as ${format} and comes back byte for byte (${compression})`, (t) =>
    s3Trip(t, { dovecot, rgw, admin }, { format, compression, versions, count: 60 }));
}
