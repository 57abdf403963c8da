import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test, { after, before } from 'node:test';
import type { S3Client } from '@aws-sdk/client-s3';
import { MothballError } from '../../../src/errors.ts';
import type { S3StoreOptions } from '../../../src/store/s3/options.ts';
import { s3Store } from '../../../src/store/s3/store.ts';
import { type S3Fault, type S3Proxy, startS3Proxy } from '../../fault/s3-proxy.ts';
import { freePort } from '../../servers/free-port.ts';
import { type Rgw, startRgw } from '../../servers/rgw.ts';
import { adminClient, makeBucket, storeOptions } from './bucket.ts';

const never = new AbortController().signal;
let rgw: Rgw;
let proxy: S3Proxy;
let admin: S3Client;
let bucket: string;

before(async () => {
  rgw = await startRgw();
  proxy = await startS3Proxy(rgw);
  admin = adminClient(rgw);
  bucket = await makeBucket(admin);
});

after(async () => {
  admin.destroy();
  await proxy.stop();
  await rgw.stop();
});

const secret = (text: string) => ({ read: () => Promise.resolve(text) });
const keys = (accessKeyId: string, secretAccessKey: string): S3StoreOptions['credentials'] => ({
  accessKeyId: secret(accessKeyId),
  secretAccessKey: secret(secretAccessKey),
  sessionToken: null,
});

/** What the first look at the store says. */
async function firstError(changes: Partial<S3StoreOptions>, fault: S3Fault | null = null) {
  proxy.set(() => fault);
  const store = s3Store(storeOptions(proxy, bucket, { maxAttempts: 2, ...changes }), never);
  try {
    await store.marker();
  } catch (error) {
    assert.ok(error instanceof MothballError);
    assert.equal(error.code, 'store');
    assert.match(error.message, /^store "cold": bucket /);
    assert.match(error.message, /; no mail is deleted based on it$/);
    return error.message;
  }
  throw new Error('no error');
}

test('a bucket that is not there', async () => {
  assert.match(
    await firstError({ bucket: 'no-such-bucket' }),
    /bucket no-such-bucket: .*NoSuchBucket.*check bucket:/,
  );
});

test('an access key that is not known, and a secret that does not fit, neither of them shown', async () => {
  const unknown = await firstError({ credentials: keys('NOBODY', 'hunter2hunter2') });
  assert.match(unknown, /InvalidAccessKeyId.*check the credentials/);
  const wrong = await firstError({ credentials: keys(rgw.accessKeyId, 'hunter2hunter2') });
  assert.match(wrong, /SignatureDoesNotMatch.*check the credentials/);
  assert.doesNotMatch(unknown + wrong, /hunter2/);
});

test('a user who may not', async () => {
  const user = ['--uid=other', '--display-name=other'];
  await rgw.admin(['user', 'create', ...user, '--access-key=OTHER', '--secret-key=other-secret']);
  assert.match(
    await firstError({ credentials: keys('OTHER', 'other-secret') }),
    /403 AccessDenied.*docs\/storage\.md/,
  );
});

const told: readonly (readonly [string, number, string, RegExp])[] = [
  ['credentials that have expired', 400, 'ExpiredToken', /credentials have expired; renew/],
  ['a clock that is wrong', 403, 'RequestTimeTooSkewed', /set the clock/],
  ['another region', 301, 'PermanentRedirect', /set region:/],
  ['another region in the signature', 400, 'AuthorizationHeaderMalformed', /set region:/],
  ['a key of the encryption that refuses', 400, 'KMS.DisabledException', /let the credentials use that key/],
  ['an object that is frozen', 403, 'InvalidObjectState', /must be restored first/],
];

for (const [name, status, code, expected] of told) {
  test(name, async () => {
    assert.match(await firstError({}, { kind: 'answer', status, code }), expected);
    assert.equal(proxy.seen.length, 1);
  });
}

test('the region that a server tells is named', async () => {
  const message = await firstError(
    {},
    { kind: 'answer', status: 301, code: 'PermanentRedirect', region: 'eu-south-2' },
  );
  assert.match(message, /the bucket is in region eu-south-2; set region: eu-south-2/);
});

test('a port where nothing listens', async () => {
  const message = await firstError({ endpoint: `http://127.0.0.1:${await freePort()}` });
  assert.match(message, /ECONNREFUSED.*check endpoint:/);
});

test('a name that does not exist', async () => {
  assert.match(await firstError({ endpoint: 'http://nowhere.invalid' }), /check endpoint:|check the network/);
});

test('a server that speaks no TLS', async () => {
  assert.match(await firstError({ endpoint: rgw.endpoint.replace('http:', 'https:') }), /check/);
});

test('no credentials anywhere', async () => {
  const held = { ...process.env };
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  process.env['HOME'] = '/nonexistent';
  try {
    assert.match(await firstError({ credentials: null }), /no credentials were found/);
  } finally {
    Object.assign(process.env, held);
    delete process.env['AWS_EC2_METADATA_DISABLED'];
  }
});

test('a 403 on a read is an error, not an absence', async () => {
  const store = s3Store(storeOptions(proxy, bucket), never);
  proxy.set(() => null);
  await store.putBytes('a/x', Buffer.from('x'));
  proxy.set(({ method }) =>
    method === 'GET' ? { kind: 'answer', status: 403, code: 'AccessDenied' } : null,
  );
  await assert.rejects(store.read('a/x')[Symbol.asyncIterator]().next(), {
    code: 'store',
    message: /AccessDenied/,
  });
  proxy.set(() => ({ kind: 'answer', status: 403, code: 'AccessDenied' }));
  await assert.rejects(store.stat('a/x'), { code: 'store', message: /403/ });
});

test('an error says nothing of what was deleted where something may have been', async () => {
  const store = s3Store(storeOptions(proxy, bucket), never);
  proxy.set(() => null);
  await store.putBytes('a/gone', Buffer.from('x'));
  proxy.set(({ method }) =>
    method === 'GET' ? null : { kind: 'answer', status: 403, code: 'AccessDenied' },
  );
  const says = (error: unknown): boolean => {
    assert.ok(error instanceof MothballError);
    assert.match(error.message, /403 .*docs\/storage\.md/);
    assert.doesNotMatch(error.message, /deleted/);
    return true;
  };
  await assert.rejects(store.remove('a/gone'), says);
  proxy.set(({ url }) =>
    url.includes('versions') ? { kind: 'answer', status: 403, code: 'AccessDenied' } : null,
  );
  await assert.rejects(store.remove('a/gone'), says);
  proxy.set(() => ({ kind: 'answer', status: 403, code: 'AccessDenied' }));
  await assert.rejects(store.putBytes('a/0.receipts/1.json', Buffer.from('x')), says);
});
