import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import { type LifecycleRule, PutBucketLifecycleConfigurationCommand } from '@aws-sdk/client-s3';
import type { Duration } from '../../../src/domain/policy.ts';
import type { S3StoreOptions } from '../../../src/store/s3/options.ts';
import { s3Store } from '../../../src/store/s3/store.ts';
import { listBucket } from '../../oracle/bucket.ts';
import { kmsKey } from '../../servers/rgw-config.ts';
import { makeBucket, storeOptions } from './bucket.ts';
import { proxiedRgw } from './proxied.ts';

const never = new AbortController().signal;
const s3 = proxiedRgw();
function storeOn(bucket: string, changes: Partial<S3StoreOptions> = {}) {
  s3().proxy.set(() => null);
  return s3Store(storeOptions(s3().proxy, bucket, changes), never);
}

test('a plain bucket is fit, and says what it does and does not promise', async () => {
  const store = storeOn(await makeBucket(s3().admin));
  assert.equal(store.exclusive, false);
  const { refusals, warnings, facts } = await store.check(new Date());
  assert.deepEqual([refusals, warnings], [[], []]);
  assert.deepEqual(facts, [
    'gives back what it is given: a canary was written and read',
    'refuses a second object of one name (If-None-Match)',
    'refuses an upload that arrives damaged (Content-MD5)',
    'keeps no versions: what somebody else deletes there is gone',
    'has no lifecycle rule that removes objects',
    'its clock and ours agree within a day',
  ]);
  assert.equal(store.exclusive, true);
});

test('a bucket that keeps versions says so, and a version outlives the object', async () => {
  const store = storeOn(await makeBucket(s3().admin, { versions: true }));
  assert.match((await store.check(new Date())).facts.join(), /keeps versions/);
  // RGW forgets If-None-Match there.
  assert.equal(store.exclusive, false);
  const { version } = await store.putBytes('a/x', Buffer.from('first'));
  assert.equal(typeof version, 'string');
  const [Bucket = ''] = /mail-[\d-]+/.exec(s3().proxy.seen[0]?.url ?? '') ?? [];
  const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
  await s3().admin.send(new DeleteObjectCommand({ Bucket, Key: 'prod/a/x' }));
  assert.equal(await store.stat('a/x'), null);
  for await (const piece of store.read('a/x', undefined, version))
    assert.equal(Buffer.from(piece).toString(), 'first');
  await assert.rejects(store.read('a/x', undefined, 'another')[Symbol.asyncIterator]().next(), {
    code: 'missing',
  });
});

test('a server that ignores If-None-Match is found out, and nothing is overwritten all the same', async () => {
  const store = storeOn(await makeBucket(s3().admin));
  s3().proxy.set(({ method }) => (method === 'PUT' ? { kind: 'ignore', header: 'if-none-match' } : null));
  const { refusals, warnings } = await store.check(new Date());
  assert.deepEqual(refusals, []);
  assert.match(warnings.join(), /If-None-Match is ignored\): every archive gets a name that no other has/);
  assert.equal(store.exclusive, false);
  await store.putBytes('a/x', Buffer.from('first'));
  await assert.rejects(store.putBytes('a/x', Buffer.from('second')), { code: 'exists' });
});

for (const [status, code] of [
  [501, 'NotImplemented'],
  [400, 'InvalidArgument'],
  [403, 'AccessDenied'],
] as const) {
  test(`a server that answers If-None-Match with ${status} ${code} is served without it`, async () => {
    const store = storeOn(await makeBucket(s3().admin));
    const refuse = { kind: 'answer', status, code } as const;
    s3().proxy.set((request, nth) =>
      request.method === 'PUT' && nth % 2 === 1 && !/md5/.test(request.url) ? refuse : null,
    );
    await store.writeMarker('4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c');
    assert.deepEqual((await store.check(new Date())).refusals, []);
    assert.equal(store.exclusive, false);
  });
}

test("a bucket that may not be written to stays refused, with the server's words", async () => {
  const store = storeOn(await makeBucket(s3().admin));
  s3().proxy.set(({ method }) =>
    method === 'PUT' ? { kind: 'answer', status: 403, code: 'AccessDenied' } : null,
  );
  await assert.rejects(store.writeMarker('4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c'), {
    code: 'store',
    message: /AccessDenied/,
  });
});

test('a server that answers 304 where a name is taken refuses a second object', async () => {
  const store = storeOn(await makeBucket(s3().admin));
  s3().proxy.set(({ method }) => (method === 'PUT' ? { kind: 'heed If-None-Match', status: 304 } : null));
  assert.deepEqual((await store.check(new Date())).refusals, []);
  assert.equal(store.exclusive, true);
  await store.putBytes('a/x', Buffer.from('first'));
  await assert.rejects(store.putBytes('a/x', Buffer.from('second')), { code: 'exists' });
});

test('a server that stores the framing of uploads, or anything else, is off', async () => {
  const store = storeOn(await makeBucket(s3().admin));
  const framed = (body: Buffer): Buffer =>
    Buffer.concat([
      Buffer.from(`${body.length.toString(16)};chunk-signature=${'0'.repeat(64)}\r\n`),
      body,
      Buffer.from('\r\n0\r\n\r\n'),
    ]);
  const isCanary = (url: string): boolean => /\/canary\/\d/.test(url);
  s3().proxy.set(({ method, url }) =>
    method === 'GET' && isCanary(url) ? { kind: 'rewrite', change: framed } : null,
  );
  assert.match(
    (await store.check(new Date())).refusals.join(),
    /stored the framing of the upload as content/,
  );
  s3().proxy.set(({ method, url }) =>
    method === 'GET' && isCanary(url) ? { kind: 'rewrite', change: (body) => body.subarray(1) } : null,
  );
  assert.match((await store.check(new Date())).refusals.join(), /reads back as something else/);
});

test('a server that takes damaged uploads is warned of', async () => {
  const store = storeOn(await makeBucket(s3().admin));
  s3().proxy.set(({ url }) => (/canary\/md5/.test(url) ? { kind: 'ignore', header: 'content-md5' } : null));
  assert.match(
    (await store.check(new Date())).warnings.join(),
    /does not compare uploads with their Content-MD5/,
  );
});

test('a clock that is more than a day off turns the store off', async () => {
  const store = storeOn(await makeBucket(s3().admin));
  for (const [hours, expected] of [
    [72, /the clock of this machine is 72 hours behind that of the server: set the clock/],
    [-30, /the clock of this machine is 30 hours ahead of that of the server/],
  ] as const) {
    const date = new Date(Date.now() + hours * 3_600_000);
    s3().proxy.set(() => ({ kind: 'answer', status: 403, code: 'AccessDenied', date }));
    assert.match((await store.check(new Date())).refusals.join(), expected);
  }
});

const days = (count: number): Duration => ({ count, unit: 'd' });
const rule = (prefix: string, parts: Partial<LifecycleRule>): LifecycleRule => ({
  ID: 'tidy',
  Status: 'Enabled',
  Filter: { Prefix: prefix },
  ...parts,
});

const rules: readonly (readonly [string, LifecycleRule, Partial<S3StoreOptions>, RegExp | null])[] = [
  [
    'expires the prefix',
    rule('prod/', { Expiration: { Days: 30 } }),
    {},
    /rule "tidy" removes objects after 30 days/,
  ],
  ['expires the whole bucket', rule('', { Expiration: { Days: 30 } }), {}, /removes objects after 30 days/],
  ['expires a part of the prefix', rule('prod/a', { Expiration: { Days: 3 } }), {}, /after 3 days/],
  ['expires another prefix', rule('logs/', { Expiration: { Days: 30 } }), {}, null],
  ['is switched off', rule('', { Status: 'Disabled', Expiration: { Days: 30 } }), {}, null],
  [
    'waits as long as the policies keep mail',
    rule('', { Expiration: { Days: 30 } }),
    { keepFor: days(30) },
    null,
  ],
  ['does not wait so long', rule('', { Expiration: { Days: 29 } }), { keepFor: days(30) }, /after 29 days/],
  ['only ends uploads', rule('', { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 } }), {}, null],
];

for (const [name, Rule, changes, refused] of rules) {
  test(`a lifecycle rule that ${name} ${refused === null ? 'is no matter' : 'turns the store off'}`, async () => {
    const Bucket = await makeBucket(s3().admin);
    await s3().admin.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [Rule] } }),
    );
    const { refusals } = await storeOn(Bucket, changes).check(new Date());
    if (refused === null) assert.deepEqual(refusals, []);
    else assert.match(refusals.join(), refused);
  });
}

test('lifecycle rules that may not be read turn the store off until somebody vouches for them', async () => {
  const bucket = await makeBucket(s3().admin);
  const deny = ({ url }: { readonly url: string }) =>
    url.includes('?lifecycle') ? ({ kind: 'answer', status: 403, code: 'AccessDenied' } as const) : null;
  const store = storeOn(bucket);
  s3().proxy.set(deny);
  assert.match(
    (await store.check(new Date())).refusals.join(),
    /lifecycle rules can't be read \(403 AccessDenied\)/,
  );
  const vouched = storeOn(bucket, { lifecycleChecked: true });
  s3().proxy.set(deny);
  assert.deepEqual((await vouched.check(new Date())).refusals, []);
});

test('every object is locked as asked, and a bucket without object lock is off', async () => {
  const objectLock = { mode: 'GOVERNANCE', for: days(2) } as const;
  const store = storeOn(await makeBucket(s3().admin, { lock: true }), { objectLock });
  const { refusals, facts } = await store.check(new Date());
  assert.deepEqual(refusals, []);
  assert.match(facts.join(), /locks every object \(GOVERNANCE\) for 2d/);
  await store.putBytes('a/x', Buffer.from('x'));
  const lock = await store.lockOf('a/x');
  assert.equal(lock?.mode, 'GOVERNANCE');
  assert.ok(Math.abs((lock.until?.getTime() ?? 0) - Date.now() - 2 * 86_400_000) < 60_000);
  await assert.rejects(store.remove('a/x'), { code: 'store', message: /AccessDenied/ });

  const plain = storeOn(await makeBucket(s3().admin), { objectLock });
  assert.notDeepEqual((await plain.check(new Date())).refusals, []);
});

test('a lock that is dropped on the way is noticed', async () => {
  const objectLock = { mode: 'COMPLIANCE', for: days(1) } as const;
  const store = storeOn(await makeBucket(s3().admin, { lock: true }), { objectLock });
  s3().proxy.set(({ method, url }) =>
    method === 'PUT' && url.includes('/a/') ? { kind: 'ignore', header: 'x-amz-object-lock' } : null,
  );
  await assert.rejects(store.putBytes('a/x', Buffer.from('x')), {
    code: 'store',
    message: /did not lock "a\/x" as asked/,
  });
  await assert.rejects(store.sync('a/x'), { code: 'store', message: /did not lock/ });
});

test('encryption, storage class and tags are asked for', async () => {
  const { HeadObjectCommand, GetObjectTaggingCommand } = await import('@aws-sdk/client-s3');
  const Bucket = await makeBucket(s3().admin);
  const store = storeOn(Bucket, {
    sse: { type: 'aws:kms', keyId: kmsKey },
    storageClass: 'STANDARD',
    tags: { team: 'mail & more' },
  });
  await store.putBytes('a/x', Buffer.from('x'));
  const head = await s3().admin.send(new HeadObjectCommand({ Bucket, Key: 'prod/a/x' }));
  assert.deepEqual([head.ServerSideEncryption, head.SSEKMSKeyId], ['aws:kms', kmsKey]);
  const { TagSet } = await s3().admin.send(new GetObjectTaggingCommand({ Bucket, Key: 'prod/a/x' }));
  assert.deepEqual(TagSet, [{ Key: 'team', Value: 'mail & more' }]);
  assert.deepEqual(await listBucket(s3().rgw, Bucket), ['prod/a/x']);
});
