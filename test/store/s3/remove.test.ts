import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { s3Store } from '../../../src/store/s3/store.ts';
import { makeBucket, storeOptions } from './bucket.ts';
import { proxiedRgw } from './proxied.ts';

const never = new AbortController().signal;
const s3 = proxiedRgw();
const Key = 'prod/a/x';
const put = (Bucket: string, text: string) =>
  s3().admin.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from(text) }));
const hide = (Bucket: string) => s3().admin.send(new DeleteObjectCommand({ Bucket, Key }));
const turn = (Bucket: string, Status: 'Enabled' | 'Suspended') =>
  s3().admin.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));

/** IDs of all that the bucket keeps of the key and of its neighbours. */
async function kept(Bucket: string): Promise<readonly (readonly [string, string])[]> {
  const { Versions = [], DeleteMarkers = [] } = await s3().admin.send(
    new ListObjectVersionsCommand({ Bucket }),
  );
  return [...Versions, ...DeleteMarkers].map(({ Key: key = '', VersionId = '' }) => [key, VersionId]);
}

const histories: readonly (readonly [string, (bucket: string) => Promise<unknown>])[] = [
  ['put before versions were turned on', (bucket) => turn(bucket, 'Enabled')],
  [
    'put before versions were turned on, and overwritten since',
    async (bucket) => {
      await turn(bucket, 'Enabled');
      await put(bucket, 'second');
    },
  ],
  [
    'hidden by a delete marker',
    async (bucket) => {
      await turn(bucket, 'Enabled');
      await put(bucket, 'second');
      await hide(bucket);
    },
  ],
  [
    'put anew over a delete marker',
    async (bucket) => {
      await turn(bucket, 'Enabled');
      await hide(bucket);
      await put(bucket, 'third');
      await hide(bucket);
      await put(bucket, 'fifth');
    },
  ],
  [
    'hidden in a bucket whose versions are suspended',
    async (bucket) => {
      await turn(bucket, 'Enabled');
      await put(bucket, 'second');
      await turn(bucket, 'Suspended');
      await hide(bucket);
    },
  ],
  [
    'overwritten more than a hundred times',
    async (bucket) => {
      await turn(bucket, 'Enabled');
      for (let round = 0; round < 11; round += 1)
        await Promise.all(Array.from({ length: 10 }, (_, nth) => put(bucket, `${round} ${nth}`)));
    },
  ],
];

for (const [name, meddle] of histories) {
  test(`nothing is left of an object that was ${name}`, async () => {
    const bucket = await makeBucket(s3().admin);
    await put(bucket, 'first');
    await s3().admin.send(new PutObjectCommand({ Bucket: bucket, Key: `${Key}.more`, Body: 'neighbour' }));
    await meddle(bucket);
    const store = s3Store(storeOptions(s3().rgw, bucket), never);
    const keys: string[] = [];
    for await (const { key } of store.listKept('a/')) keys.push(key);
    assert.deepEqual(keys, ['a/x', 'a/x.more']);
    await store.remove('a/x');
    assert.deepEqual(
      (await kept(bucket)).map(([key]) => key),
      [`${Key}.more`],
    );
    await assert.rejects(store.remove('a/x'), { code: 'missing' });
  });
}

test('where a delete frees nothing, the removal fails and says so', async () => {
  const bucket = await makeBucket(s3().admin, { versions: true });
  await put(bucket, 'first');
  const store = s3Store(storeOptions(s3().proxy, bucket), never);
  const done = { kind: 'answer', status: 204, code: '' } as const;
  s3().proxy.set(({ method }) => (method === 'DELETE' ? done : null));
  await assert.rejects(store.remove('a/x'), { code: 'store', message: /still keeps 1 of its versions/ });
});

test('a server that knows no versions is asked to delete the object, and whether it did', async () => {
  const bucket = await makeBucket(s3().admin);
  await put(bucket, 'first');
  const store = s3Store(storeOptions(s3().proxy, bucket), never);
  const unknown = { kind: 'answer', status: 501, code: 'NotImplemented' } as const;
  const done = { kind: 'answer', status: 204, code: '' } as const;
  s3().proxy.set(({ method, url }) => (/versions/.test(url) ? unknown : method === 'DELETE' ? done : null));
  await assert.rejects(store.remove('a/x'), { code: 'store', message: /still keeps/ });
  s3().proxy.set(({ url }) => (/versions/.test(url) ? unknown : null));
  await store.remove('a/x');
  assert.deepEqual(await kept(bucket), []);
});

test('a listing of versions that may not be read is an error, not an absence', async () => {
  const bucket = await makeBucket(s3().admin);
  await put(bucket, 'first');
  const store = s3Store(storeOptions(s3().proxy, bucket), never);
  s3().proxy.set(({ url }) =>
    /versions/.test(url) ? { kind: 'answer', status: 403, code: 'AccessDenied' } : null,
  );
  await assert.rejects(store.remove('a/x'), { code: 'store', message: /AccessDenied/ });
  assert.equal((await kept(bucket)).length, 1);
});
