import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3StoreOptions } from '../../../src/store/s3/options.ts';
import type { S3Access } from '../../servers/rgw.ts';

/** A client of the tests' own, to prepare buckets and to meddle with them. */
export function adminClient({ endpoint, accessKeyId, secretAccessKey }: S3Access): S3Client {
  return new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

let count = 0;

/** A new bucket. */
export async function makeBucket(
  client: S3Client,
  options: { readonly versions?: boolean; readonly lock?: boolean } = {},
): Promise<string> {
  count += 1;
  const Bucket = `mail-${process.pid}-${count}`;
  await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: options.lock === true }));
  if (options.versions === true) {
    await client.send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    );
  }
  return Bucket;
}

/** Options of a store in the bucket, with little patience. */
export function storeOptions(
  access: S3Access,
  bucket: string,
  changes: Partial<S3StoreOptions> = {},
): S3StoreOptions {
  const secret = (text: string) => ({ read: () => Promise.resolve(text) });
  return {
    name: 'cold',
    bucket,
    prefix: 'prod/',
    region: null,
    endpoint: access.endpoint,
    forcePathStyle: true,
    caFile: null,
    credentials: {
      accessKeyId: secret(access.accessKeyId),
      secretAccessKey: secret(access.secretAccessKey),
      sessionToken: null,
    },
    storageClass: null,
    sse: null,
    objectLock: null,
    tags: {},
    keepFor: null,
    lifecycleChecked: false,
    maxAttempts: 5,
    connectTimeoutMs: 2_000,
    requestTimeoutMs: 20_000,
    deadlineMs: 60_000,
    ...changes,
  };
}
