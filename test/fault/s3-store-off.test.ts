import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { DeleteBucketLifecycleCommand, PutBucketLifecycleConfigurationCommand } from '@aws-sdk/client-s3';
import { assertExit, policy, said } from '../integration/installation.ts';
import { toCold } from '../integration/s3-site.ts';
import { listBucket } from '../oracle/bucket.ts';
import { makeBucket } from '../store/s3/bucket.ts';
import { processOffBy } from './off-by.ts';
import type { Decide } from './s3-proxy.ts';
import { type Case, makeCase, type S3World, startS3World } from './s3-world.ts';

let world: S3World;

before(async () => {
  world = await startS3World();
});

after(() => world.stop());

const framed = (body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]);

/** Archives and manifests: what is in a bucket beside marker and canary. */
async function stored(bucket: string): Promise<readonly string[]> {
  return (await listBucket(world.rgw, bucket)).filter((key) => !key.includes('.mothball/'));
}

async function assertOff(one: Case, expected: RegExp, run = one.site.run): Promise<void> {
  const result = await run(['run', '--yes']);
  assertExit(result, 1);
  assert.match(said(result), expected);
  assert.match(said(result), /[Nn]othing (?:is|was)/);
  await one.assertUntouched();
  assert.deepEqual(await stored(one.bucket), []);
  const validated = await run(['validate', '--stores']);
  assertExit(validated, 1);
  assert.match(validated.stdout, /store "cold" \(s3\) is DISABLED/);
  assert.match(validated.stdout, expected);
}

const answers: readonly (readonly [string, Decide, RegExp])[] = [
  [
    'stores the framing of uploads',
    ({ method, url }) =>
      method === 'GET' && /canary\/\d/.test(url) ? { kind: 'rewrite', change: framed } : null,
    /stored the framing of the upload as content/,
  ],
  [
    'says that the credentials have expired',
    () => ({ kind: 'answer', status: 400, code: 'ExpiredToken' }),
    /bucket mail-\S+: .*ExpiredToken.*renew/,
  ],
  [
    'says that the bucket is in another region',
    () => ({ kind: 'answer', status: 301, code: 'PermanentRedirect', region: 'eu-south-2' }),
    /set region: eu-south-2/,
  ],
];

for (const [name, decide, expected] of answers) {
  test(`a server that ${name} is off`, async (t) => {
    const one = await makeCase(t, world);
    world.proxy.set(decide);
    await assertOff(one, expected);
    await one.assertRecovers();
  });
}

test('a wrong bucket and a wrong key are named, with the remedy', async (t) => {
  const one = await makeCase(t, world);
  await one.site.configureStore({ bucket: 'no-such-bucket' });
  await assertOff(one, /bucket no-such-bucket: .*NoSuchBucket.*check bucket:/);
  await one.site.configureStore({
    credentials: { accessKeyIdFile: 'password', secretAccessKeyFile: 'key-id' },
  });
  await assertOff(one, /InvalidAccessKeyId.*check the credentials/);
});

test('a clock that S3 does not accept is named', async (t) => {
  const one = await makeCase(t, world);
  for (const days of [0.1, 3])
    await assertOff(one, /RequestTimeTooSkewed.*set the clock/, (args) =>
      one.site.runProcess(args, { env: processOffBy(days) }),
    );
});

test('a bucket whose lifecycle rule would remove archives is off until the rule is gone', async (t) => {
  const one = await makeCase(t, world);
  const Bucket = one.bucket;
  const Rules = [
    { ID: 'tidy', Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days: 30 } },
  ];
  await world.admin.send(
    new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }),
  );
  await assertOff(one, /lifecycle rule "tidy" removes objects after 30 days/);
  await world.admin.send(new DeleteBucketLifecycleCommand({ Bucket }));
  await one.assertRecovers();
});

test('another bucket in the place of the one that was known is off', async (t) => {
  const one = await makeCase(t, world, { after: '7d' });
  assertExit(await one.site.run(['run', '--yes']), 0);
  await one.site.configure({ policies: [policy('old', 365, toCold)] });
  await one.site.configureStore({ bucket: await makeBucket(world.admin) });
  const result = await one.site.run(['run', '--yes']);
  assertExit(result, 1);
  assert.match(said(result), /has no marker/);
  await one.assertUntouched();
});
