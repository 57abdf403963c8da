import assert from 'node:assert/strict';
import test from 'node:test';
import { ListObjectVersionsCommand, PutBucketLifecycleConfigurationCommand } from '@aws-sdk/client-s3';
import { s3Store } from '../../../src/store/s3/store.ts';
import { makeBucket, storeOptions } from './bucket.ts';
import { proxiedRgw } from './proxied.ts';

const never = new AbortController().signal;
const now = new Date();
const s3 = proxiedRgw();
/** What is kept of the canaries, version by version. */
async function canaries(Bucket: string): Promise<readonly string[]> {
  const Prefix = 'prod/.mothball/canary/';
  const { Versions = [] } = await s3().admin.send(new ListObjectVersionsCommand({ Bucket, Prefix }));
  return Versions.map(({ Key = '' }) => Key.slice(Prefix.length));
}

test('a bucket whose versions take everything gets no more canaries by the check than by the day', async () => {
  const bucket = await makeBucket(s3().admin, { versions: true });
  s3().proxy.set(({ url }) => (/canary\/md5/.test(url) ? { kind: 'ignore', header: 'content-md5' } : null));
  for (let check = 0; check < 4; check += 1) {
    const store = s3Store(storeOptions(s3().proxy, bucket), never);
    const { refusals, warnings } = await store.check(now);
    assert.deepEqual(refusals, []);
    assert.match(warnings.join(), /If-None-Match is ignored/);
    assert.match(warnings.join(), /does not compare uploads with their Content-MD5/);
    assert.equal(store.exclusive, false);
  }
  const kept = await canaries(bucket);
  const today = now.toISOString().slice(0, 10);
  assert.equal(kept.filter((key) => key.startsWith(`${today}-`)).length, 2);
  assert.deepEqual(
    kept.filter((key) => key.startsWith('md5')),
    [`md5-${today}`],
  );
});

test('the question about Content-MD5 has the patience of other requests', async () => {
  const store = s3Store(storeOptions(s3().proxy, await makeBucket(s3().admin)), never);
  s3().proxy.set(({ method, url }, nth) =>
    method === 'PUT' && /canary\/md5/.test(url) && nth <= 2
      ? { kind: 'answer', status: 503, code: 'SlowDown' }
      : null,
  );
  const { refusals, warnings, facts } = await store.check(now);
  assert.deepEqual([refusals, warnings], [[], []]);
  assert.match(facts.join(), /refuses an upload that arrives damaged/);
});

test('a check that failed on the way does not change what is known of If-None-Match', async () => {
  const store = s3Store(storeOptions(s3().proxy, await makeBucket(s3().admin)), never);
  s3().proxy.set(() => null);
  await store.check(now);
  assert.equal(store.exclusive, true);
  s3().proxy.set(({ method }) =>
    method === 'GET' ? { kind: 'answer', status: 403, code: 'AccessDenied' } : null,
  );
  assert.notDeepEqual((await store.check(now)).refusals, []);
  assert.equal(store.exclusive, true);
});

test('a lifecycle rule that waits long enough is warned of, for imported mail is kept for ever', async () => {
  const Bucket = await makeBucket(s3().admin);
  const Rules = [
    { ID: 'tidy', Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days: 30 } },
  ];
  await s3().admin.send(
    new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }),
  );
  const store = s3Store(storeOptions(s3().rgw, Bucket, { keepFor: { count: 30, unit: 'd' } }), never);
  const { refusals, warnings } = await store.check(now);
  assert.deepEqual(refusals, []);
  assert.match(warnings.join(), /rule "tidy" removes objects after 30 days: imported mail and archives/);
});

test('the clock of the server is known from its first answer on', async () => {
  const store = s3Store(storeOptions(s3().proxy, await makeBucket(s3().admin)), never);
  assert.equal(store.clockAheadMs, null);
  const date = new Date(Date.now() + 72 * 3_600_000);
  s3().proxy.set(() => ({ kind: 'answer', status: 404, code: 'NoSuchKey', date }));
  assert.equal(await store.marker(), null);
  assert.ok(Math.abs((store.clockAheadMs ?? 0) - 72 * 3_600_000) < 60_000);
});
