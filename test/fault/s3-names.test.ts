import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { assertExit, describe, said } from '../integration/installation.ts';
import { bucketRequest, listBucket } from '../oracle/bucket.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import type { Decide } from './s3-proxy.ts';
import { makeCase, type S3World, startS3World } from './s3-world.ts';

let world: S3World;

before(async () => {
  world = await startS3World();
});

after(() => world.stop());

test('where If-None-Match is ignored every archive gets a name of its own, and all comes back', async (t) => {
  const one = await makeCase(t, world, { store: { maxAttempts: 1 } });
  const ignoring: Decide = ({ method }) =>
    method === 'PUT' ? { kind: 'ignore', header: 'if-none-match' } : null;
  const lose: Decide = (request, nth) =>
    request.method === 'PUT' && request.url.includes('.mbox.zst')
      ? { kind: 'lose reply' }
      : ignoring(request, nth);
  world.proxy.set(lose);
  const lost = await one.site.run(['run', '--yes']);
  assert.notEqual(lost.code, 0, describe(lost));
  assert.match(said(lost), /If-None-Match is ignored/);
  await one.assertUntouched();
  world.proxy.set(ignoring);
  assertExit(await one.site.run(['run', '--yes']), 0);
  assertExactlyGone(one.full, await one.now(), await one.site.archives(), one.full.messages);
  const keys = await listBucket(world.rgw, one.bucket);
  assert.equal(keys.filter((key) => /\/[0-9a-f]{64}\.[0-9a-f]{32}\.mbox\.zst$/.test(key)).length, 1);
  // The keys are understood without the database.
  await one.site.removeDatabase();
  assertExit(await one.site.run(['reindex', '--yes']), 0);
  assertExit(await one.site.run(['verify']), 0);
  assertExit(await one.site.run(['restore', '--all', '--yes']), 0);
  assert.equal((await one.now()).messages.length, one.full.messages.length);
});

test('one message of a large archive costs three requests and 2 MB at most', async (t) => {
  const one = await makeCase(t, world, { meanSize: 200_000, messages: 100 });
  assertExit(await one.site.run(['run', '--yes']), 0);
  const [archive] = await one.site.archives();
  assert.ok(archive !== undefined);
  const { messages } = archive;
  const stat = await bucketRequest(world.rgw, { path: `${one.bucket}/prod/${archive.head.key}` });
  assert.ok(stat.length > 4_000_000);
  for (const index of [0, messages.length >> 1, messages.length - 1]) {
    world.proxy.set(() => null);
    const shown = await one.site.run(['show', `${archive.head.id.slice(0, 12)}/${index}`]);
    assertExit(shown, 0);
    assert.equal(shown.stdout, messages[index]?.bytes.toString());
    const { seen } = world.proxy;
    assert.ok(seen.length <= 3, JSON.stringify(seen));
    assert.ok(seen.reduce((sum, { bytes }) => sum + bytes, 0) <= 2_000_000);
  }
});
