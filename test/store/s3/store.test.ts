import { after, before } from 'node:test';
import type { S3Client } from '@aws-sdk/client-s3';
import { s3Store } from '../../../src/store/s3/store.ts';
import { storeContract } from '../../contract/store.ts';
import { type Rgw, startRgw } from '../../servers/rgw.ts';
import { adminClient, makeBucket, storeOptions } from './bucket.ts';

let rgw: Rgw;
let admin: S3Client;
const never = new AbortController().signal;

before(async () => {
  rgw = await startRgw();
  admin = adminClient(rgw);
});

after(async () => {
  admin.destroy();
  await rgw.stop();
});

storeContract('in an S3 bucket', async () => s3Store(storeOptions(rgw, await makeBucket(admin)), never));

// RGW ignores If-None-Match in a bucket with versions: a HEAD before it stops no writer of that moment.
storeContract(
  'in an S3 bucket that keeps versions, without a prefix',
  async () => s3Store(storeOptions(rgw, await makeBucket(admin, { versions: true }), { prefix: '' }), never),
  { race: false },
);
