import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { assertExit, describe, said } from '../integration/installation.ts';
import { listBucket } from '../oracle/bucket.ts';
import type { Decide, S3Fault } from './s3-proxy.ts';
import { makeCase, type S3World, startS3World } from './s3-world.ts';

let world: S3World;

before(async () => {
  world = await startS3World();
});

after(() => world.stop());

const isObject = (url: string): boolean => /\.mbox\.zst/.test(url);
const isArchive = (url: string): boolean => /\.mbox\.zst|\.manifest\./.test(url);

/** What happens to the first uploads of each archive object and each manifest. */
const passing: readonly (readonly [string, S3Fault])[] = [
  ['500', { kind: 'answer', status: 500, code: 'InternalError' }],
  ['503 SlowDown', { kind: 'answer', status: 503, code: 'SlowDown' }],
  ['silence in the middle of the body', { kind: 'hang' }],
  ['a connection that breaks in the middle of the body', { kind: 'cut upload', at: 50_000 }],
  ['200 with an error in it', { kind: 'answer', status: 200, code: 'InternalError' }],
  ['a reply that is lost after the object was stored', { kind: 'lose reply' }],
];

for (const [name, fault] of passing) {
  test(`a run that meets ${name} ends as if nothing had been`, async (t) => {
    const { site, bucket, full, assertRecovers, now } = await makeCase(t, world);
    world.proxy.set(({ method, url }, nth) =>
      method === 'PUT' && isArchive(url) && nth === 1 ? fault : null,
    );
    assertExit(await site.run(['run', '--yes']), 0);
    assert.equal((await now()).messages.length, 0);
    await assertRecovers();
    // One object, one manifest, one receipt: nothing was stored twice or left half.
    const keys = await listBucket(world.rgw, bucket);
    assert.equal(keys.filter((key) => /\/\d{4}\//.test(key)).length, 3, keys.join('\n'));
    assert.equal(
      (await site.archives()).reduce((sum, { messages }) => sum + messages.length, 0),
      full.messages.length,
    );
    const uploads = await world.admin.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    assert.deepEqual(uploads.Uploads ?? [], []);
  });
}

const lasting: readonly (readonly [string, Decide, RegExp])[] = [
  [
    '503 for every object',
    ({ method, url }) =>
      method === 'PUT' && isObject(url) ? { kind: 'answer', status: 503, code: 'SlowDown' } : null,
    /could not write .*503 SlowDown/,
  ],
  [
    '200 with an error in it for every object',
    ({ method, url }) =>
      method === 'PUT' && isObject(url) ? { kind: 'answer', status: 200, code: 'InternalError' } : null,
    /could not write/,
  ],
  [
    '500 for every manifest',
    ({ method, url }) =>
      method === 'PUT' && url.includes('.manifest.')
        ? { kind: 'answer', status: 500, code: 'InternalError' }
        : null,
    /could not write .*500 InternalError/,
  ],
  [
    'a full bucket',
    ({ method, url }) =>
      method === 'PUT' && isObject(url) ? { kind: 'answer', status: 403, code: 'QuotaExceeded' } : null,
    /QuotaExceeded.*the bucket is full/,
  ],
  ['silence', ({ method }) => (method === 'PUT' ? { kind: 'hang' } : null), /TimeoutError/],
];

for (const [name, decide, expected] of lasting) {
  test(`a run that meets ${name} deletes nothing, says so, and the next one goes on`, async (t) => {
    const { site, assertUntouched, assertNothingLost, assertRecovers } = await makeCase(t, world, {
      store: { maxAttempts: 2 },
    });
    world.proxy.set(decide);
    const result = await site.run(['run', '--yes']);
    assert.notEqual(result.code, 0, describe(result));
    assert.match(said(result), expected);
    await assertUntouched();
    await assertNothingLost();
    await assertRecovers();
  });
}

test('an object whose reply was lost for good is adopted by the next run, not stored twice', async (t) => {
  const { site, bucket, assertUntouched, assertRecovers } = await makeCase(t, world, {
    store: { maxAttempts: 1 },
  });
  world.proxy.set(({ method, url }) => (method === 'PUT' && isObject(url) ? { kind: 'lose reply' } : null));
  assert.notEqual((await site.run(['run', '--yes'])).code, 0);
  await assertUntouched();
  assert.equal((await listBucket(world.rgw, bucket)).filter(isObject).length, 1);
  await assertRecovers();
  assert.equal((await listBucket(world.rgw, bucket)).filter(isObject).length, 1);
});
