import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { S3Client } from '@aws-sdk/client-s3';
import { bytes, sha256 } from '../../../src/domain/brands.ts';
import type { SpoolFile, Store } from '../../../src/ports/store.ts';
import { s3Store } from '../../../src/store/s3/store.ts';
import { type S3Fault, type S3Proxy, startS3Proxy } from '../../fault/s3-proxy.ts';
import { type Rgw, startRgw } from '../../servers/rgw.ts';
import { adminClient, makeBucket, storeOptions } from './bucket.ts';

const never = new AbortController().signal;
const now = new Date();
let rgw: Rgw;
let proxy: S3Proxy;
let admin: S3Client;
let spool: string;

before(async () => {
  rgw = await startRgw();
  proxy = await startS3Proxy(rgw);
  admin = adminClient(rgw);
  spool = await mkdtemp(join(tmpdir(), 'spool-'));
});

after(async () => {
  admin.destroy();
  await proxy.stop();
  await rgw.stop();
  await rm(spool, { recursive: true });
});

async function checked(changes: Parameters<typeof storeOptions>[2] = {}): Promise<Store> {
  const store = s3Store(storeOptions(proxy, await makeBucket(admin), changes), never);
  proxy.set(() => null);
  assert.deepEqual((await store.check(now)).refusals, []);
  return store;
}

async function spooled(data: Uint8Array): Promise<SpoolFile> {
  const path = join(spool, randomUUID());
  await writeFile(path, data);
  const digest = createHash('sha256').update(data).digest('hex');
  return { path, bytes: bytes(data.length), sha256: sha256(digest) };
}

async function readAll(store: Store, key: string, range?: { offset: number; length: number }) {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.read(key, range)) pieces.push(piece);
  return Buffer.concat(pieces);
}

const big = randomBytes(3_000_000);

const uploads: readonly (readonly [string, S3Fault])[] = [
  ['500', { kind: 'answer', status: 500, code: 'InternalError' }],
  ['503 SlowDown', { kind: 'answer', status: 503, code: 'SlowDown' }],
  ['200 with an error in it', { kind: 'answer', status: 200, code: 'InternalError' }],
  ['a connection that breaks in the middle', { kind: 'cut upload', at: 1_000_000 }],
  ['a body that arrived damaged', { kind: 'answer', status: 400, code: 'BadDigest' }],
];

for (const [name, fault] of uploads) {
  test(`an upload that meets ${name} is tried again with a fresh body`, async () => {
    const store = await checked();
    proxy.set(({ method }, nth) => (method === 'PUT' && nth <= 2 ? fault : null));
    const { key } = await store.putFile('a/file', await spooled(big));
    assert.equal(proxy.seen.filter(({ method }) => method === 'PUT').length, 3);
    assert.ok((await readAll(store, key)).equals(big));
  });
}

test('no upload sends Expect, which some proxies refuse, however large it is', async () => {
  const store = await checked();
  await store.putFile('a/large', await spooled(big));
  await store.putBytes('a/small', Buffer.from('x'));
  const sent = proxy.seen.filter(({ method }) => method === 'PUT');
  assert.ok(sent.length >= 2);
  assert.deepEqual([...new Set(sent.map(({ expects }) => expects))], [null]);
});

test('an upload that never succeeds fails after maxAttempts, with nothing stored', async () => {
  const store = await checked({ maxAttempts: 3 });
  proxy.set(({ method }) => (method === 'PUT' ? { kind: 'answer', status: 503, code: 'SlowDown' } : null));
  await assert.rejects(store.putFile('a/file', await spooled(big)), {
    code: 'store',
    retryable: true,
    message: /store "cold": bucket mail-\S+: could not write "a\/file": 503 SlowDown/,
  });
  assert.equal(proxy.seen.length, 3);
  assert.equal(await store.stat('a/file'), null);
});

test('an upload whose reply is lost is found, and small content counts as written', async () => {
  const store = await checked();
  proxy.set(({ method }, nth) => (method === 'PUT' && nth === 1 ? { kind: 'lose reply' } : null));
  await assert.rejects(store.putFile('a/file', await spooled(big)), { code: 'exists' });
  assert.ok((await readAll(store, 'a/file')).equals(big));
  proxy.set(({ method }, nth) => (method === 'PUT' && nth === 1 ? { kind: 'lose reply' } : null));
  assert.equal((await store.putBytes('a/bytes', Buffer.from('x'))).bytes, 1);
});

test('a server that says nothing is given up after requestTimeout, and the whole after deadline', async () => {
  const silent = await checked({ requestTimeoutMs: 300, maxAttempts: 2 });
  proxy.set(() => ({ kind: 'hang' }));
  await assert.rejects(silent.putBytes('a/x', Buffer.from('x')), { code: 'store', message: /TimeoutError/ });
  assert.equal(proxy.seen.length, 2);
  const late = await checked({ deadlineMs: 700 });
  proxy.set(() => ({ kind: 'hang' }));
  await assert.rejects(late.putBytes('a/x', Buffer.from('x')), { code: 'store', message: /not done within/ });
});

test('a spool file that vanishes is told, and does not end the process', async () => {
  const store = await checked();
  const file = await spooled(big);
  proxy.set(({ method }) =>
    method === 'PUT' ? { kind: 'answer', status: 500, code: 'InternalError' } : null,
  );
  const put = store.putFile('a/gone', file);
  await rm(file.path);
  await assert.rejects(put, { code: 'store', message: /ENOENT/ });
});

test('a download that breaks off is resumed where it stopped', async () => {
  const store = await checked();
  await store.putFile('a/file', await spooled(big));
  proxy.set(({ method }, nth) =>
    method === 'GET' && nth <= 3 ? { kind: 'cut download', at: 700_000 } : null,
  );
  assert.ok((await readAll(store, 'a/file')).equals(big));
  assert.equal(proxy.seen.length, 4);
  assert.ok(proxy.seen.reduce((sum, { bytes: octets }) => sum + octets, 0) < 2 * big.length);
  proxy.set(({ method }, nth) =>
    method === 'GET' && nth === 1 ? { kind: 'cut download', at: 70_000 } : null,
  );
  const range = { offset: 1_000_000, length: 1_500_000 };
  assert.ok((await readAll(store, 'a/file', range)).equals(big.subarray(1_000_000, 2_500_000)));
});

for (const heeded of [true, false]) {
  test(`an object that is overwritten while it is read is no object, with If-Match ${heeded ? 'heeded' : 'ignored'}`, async () => {
    const store = await checked();
    await store.putFile('a/file', await spooled(big));
    const pieces = store.read('a/file')[Symbol.asyncIterator]();
    proxy.set(({ method }, nth) => {
      if (method !== 'GET') return null;
      if (nth === 1) return { kind: 'cut download', at: 700_000 };
      return heeded ? null : { kind: 'ignore', header: 'if-match' };
    });
    await pieces.next();
    const { PutObjectCommand } = await import('@aws-sdk/client-s3');
    const [Bucket = ''] = /mail-[\d-]+/.exec(proxy.seen[0]?.url ?? '') ?? [];
    await admin.send(new PutObjectCommand({ Bucket, Key: 'prod/a/file', Body: randomBytes(3_000_000) }));
    const rest = async () => {
      for (;;) if ((await pieces.next()).done === true) return;
    };
    await assert.rejects(rest(), { code: 'verify', message: /was overwritten while it was read/ });
  });
}

test('what was put a moment ago and is said to be missing is looked for again', async () => {
  const store = await checked();
  await store.putBytes('a/new', Buffer.from('x'));
  const missing = { kind: 'answer', status: 404, code: 'NoSuchKey' } as const;
  proxy.set((_, nth) => (nth <= 2 ? missing : null));
  assert.equal((await readAll(store, 'a/new')).toString(), 'x');
  proxy.set((_, nth) => (nth <= 2 ? missing : null));
  assert.equal((await store.stat('a/new'))?.bytes, 1);
  proxy.set(() => missing);
  await assert.rejects(readAll(store, 'a/old'), { code: 'missing' });
  assert.equal(proxy.seen.length, 1);
});

test('an error in the clothes of a listing is not an empty bucket', async () => {
  const store = await checked({ maxAttempts: 2 });
  proxy.set(() => ({ kind: 'answer', status: 200, code: 'InternalError' }));
  await assert.rejects(store.list('')[Symbol.asyncIterator]().next(), { code: 'store' });
  await assert.rejects(readAll(store, 'a/x'), { code: 'store' });
});

test('a listing of many pages is whole', async () => {
  const store = await checked();
  const keys = Array.from({ length: 1_100 }, (_, index) => `many/${String(index).padStart(4, '0')}`);
  for (let at = 0; at < keys.length; at += 50)
    await Promise.all(keys.slice(at, at + 50).map((key) => store.putBytes(key, Buffer.from('x'))));
  const found: string[] = [];
  for await (const { key } of store.list('many/')) found.push(key);
  assert.deepEqual(found, keys);
});

test('a conflict with a request that came to nothing is tried again', async () => {
  const store = await checked();
  const conflict = { kind: 'answer', status: 409, code: 'ConditionalRequestConflict' } as const;
  proxy.set(({ method }, nth) => (method === 'PUT' && nth <= 2 ? conflict : null));
  await store.putBytes('a/x', Buffer.from('x'));
  proxy.set(({ method }) => (method === 'PUT' ? conflict : null));
  await assert.rejects(store.putBytes('a/x', Buffer.from('y')), { code: 'exists' });
});
