import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { assertExit, describe, policy, said } from '../integration/installation.ts';
import { toCold } from '../integration/s3-site.ts';
import { bucketRequest, listBucket } from '../oracle/bucket.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { makeCase, type S3World, startS3World } from './s3-world.ts';

let world: S3World;

before(async () => {
  world = await startS3World();
});

after(() => world.stop());

type Meddle = (bucket: string, key: string) => Promise<unknown>;

const meddling: readonly (readonly [string, Meddle])[] = [
  [
    'altered, with the same length',
    async (bucket, key) => {
      const path = `${bucket}/${key}`;
      const body = await bucketRequest(world.rgw, { path });
      const middle = body.length >> 1;
      body.writeUInt8(body.readUInt8(middle) ^ 1, middle);
      await bucketRequest(world.rgw, { method: 'PUT', path, body });
    },
  ],
  ['removed', (bucket, key) => bucketRequest(world.rgw, { method: 'DELETE', path: `${bucket}/${key}` })],
  [
    'robbed of its manifest',
    (bucket, key) =>
      bucketRequest(world.rgw, {
        method: 'DELETE',
        path: `${bucket}/${key.replace('.mbox.zst', '.manifest.jsonl.zst')}`,
      }),
  ],
];

for (const versions of [false, true]) {
  // A manifest has no version that is looked for: once is enough.
  for (const [name, meddle] of versions ? meddling.slice(0, 2) : meddling) {
    test(`mail whose archive was ${name} during the grace, in a bucket ${versions ? 'with' : 'without'} versions, stays until it is archived again`, async (t) => {
      const { site, bucket, full, now, assertUntouched, assertNothingLost } = await makeCase(t, world, {
        versions,
        after: '7d',
      });
      assertExit(await site.run(['run', '--yes']), 0);
      await assertUntouched();
      const key = (await listBucket(world.rgw, bucket)).find((path) => path.endsWith('.mbox.zst'));
      assert.ok(key !== undefined);
      await meddle(bucket, key);
      await site.configure({ policies: [policy('old', 365, toCold)] });
      const noticed = await site.run(['run', '--yes']);
      assert.match(said(noticed), /is no longer what was written/, describe(noticed));
      await assertNothingLost();
      await site.run(['run', '--yes']);
      assertExactlyGone(full, await now(), await site.archives(true), full.messages);
    });
  }
}

test('where versions are kept and If-None-Match is heeded, an archive removed during the grace is made anew', async (t) => {
  const { site, bucket, full, now, assertUntouched, assertNothingLost } = await makeCase(t, world, {
    versions: true,
    after: '7d',
  });
  world.proxy.set(({ method }) => (method === 'PUT' ? { kind: 'heed If-None-Match' } : null));
  assertExit(await site.run(['run', '--yes']), 0);
  await assertUntouched();
  const key = (await listBucket(world.rgw, bucket)).find((path) => path.endsWith('.mbox.zst'));
  assert.match(key ?? '', /\/[0-9a-f]{64}\.mbox\.zst$/);
  await bucketRequest(world.rgw, { method: 'DELETE', path: `${bucket}/${key}` });
  await site.configure({ policies: [policy('old', 365, toCold)] });
  assert.match(said(await site.run(['run', '--yes'])), /is no longer what was written/);
  await assertNothingLost();
  assertExit(await site.run(['run', '--yes']), 0);
  assertExactlyGone(full, await now(), await site.archives(true), full.messages);
  // The old manifest is of a version that is gone, the new one of the object that stands there.
  await site.removeDatabase();
  assertExit(await site.run(['reindex', '--yes']), 0);
  assertExit(await site.run(['restore', '--all', '--yes']), 0);
  assert.equal((await now()).messages.length, full.messages.length);
});
