import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { inspect } from 'node:util';
import type { S3StoreConfig } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { directoryWith, problemsOf, smallest } from './files.ts';

async function storeOf(t: TestContext, text: string, env = {}): Promise<S3StoreConfig> {
  const directory = await directoryWith(t, {
    'mothball.yaml': `${smallest}stores:\n  cold: ${text}\n`,
    pw: 'x',
    id: 'AKIA0123',
    key: 'top secret key',
  });
  const { stores } = await loadConfig(join(directory, 'mothball.yaml'), { env, cwd: directory });
  const store = stores.get('cold');
  assert.ok(store?.type === 's3');
  return store;
}

test('a bucket needs no more than its name', async (t) => {
  assert.deepEqual(await storeOf(t, '{ type: s3, bucket: mail-archive }'), {
    type: 's3',
    name: 'cold',
    bucket: 'mail-archive',
    prefix: '',
    region: null,
    endpoint: null,
    forcePathStyle: false,
    caFile: null,
    credentials: null,
    expireCredentials: null,
    storageClass: null,
    sse: null,
    objectLock: null,
    tags: {},
    lifecycleChecked: false,
    maxAttempts: 6,
    connectTimeoutMs: 10_000,
    requestTimeoutMs: 60_000,
    deadlineMs: 1_800_000,
    encryption: null,
  });
});

test('every key of a bucket is taken, and a prefix ends in a slash', async (t) => {
  const store = await storeOf(
    t,
    '{ type: s3, bucket: mail-archive, prefix: prod/mail, region: eu-central-1, endpoint: "https://s3.example.com", forcePathStyle: true, storageClass: STANDARD_IA, sse: { type: aws:kms, keyId: k }, objectLock: { mode: COMPLIANCE, for: 7y }, tags: { team: mail }, maxAttempts: 3, connectTimeout: 5s, requestTimeout: 30s, deadline: 10min }',
  );
  const { prefix, region, sse, objectLock, tags, maxAttempts, deadlineMs } = store;
  assert.deepEqual(
    { prefix, region, sse, objectLock, tags, maxAttempts, deadlineMs },
    {
      prefix: 'prod/mail/',
      region: 'eu-central-1',
      sse: { type: 'aws:kms', keyId: 'k' },
      objectLock: { mode: 'COMPLIANCE', for: { count: 7, unit: 'y' } },
      tags: { team: 'mail' },
      maxAttempts: 3,
      deadlineMs: 600_000,
    },
  );
});

test('keys of a bucket come from files or the environment, and are never printed', async (t) => {
  const store = await storeOf(
    t,
    '{ type: s3, bucket: abc, credentials: { accessKeyIdFile: id, secretAccessKeyFile: key, sessionTokenEnv: TOKEN } }',
    { TOKEN: 'top secret token' },
  );
  const { credentials } = store;
  assert.equal(await credentials?.accessKeyId.read(), 'AKIA0123');
  assert.equal(await credentials?.secretAccessKey.read(), 'top secret key');
  assert.equal(await credentials?.sessionToken?.read(), 'top secret token');
  assert.doesNotMatch(inspect(store, { depth: 9 }) + JSON.stringify(store), /top secret|AKIA/);
});

const problems: readonly (readonly [string, string, RegExp])[] = [
  [
    'a bucket over plain http',
    'stores: { cold: { type: s3, bucket: mail-archive, endpoint: "http://s3.example.com" } }',
    /^mothball.yaml:\d+:\d+: stores.cold.endpoint: http sends mail in the clear; use https/,
  ],
  [
    'a storage class that cannot be read back',
    'stores: { cold: { type: s3, bucket: mail-archive, storageClass: GLACIER } }',
    /stores.cold.storageClass: objects of GLACIER and DEEP_ARCHIVE can not be read back at once/,
  ],
  [
    'half of the keys of a bucket',
    'stores: { cold: { type: s3, bucket: mail-archive, credentials: { accessKeyIdEnv: KEY_ID } } }',
    /stores.cold.credentials: needs exactly one of secretAccessKeyFile, secretAccessKeyEnv; found none/,
  ],
  [
    'keys of a bucket that are not there',
    'stores: { cold: { type: s3, bucket: mail-archive, credentials: { accessKeyIdEnv: NO_SUCH, secretAccessKeyEnv: HERE } } }',
    /stores.cold.credentials.accessKeyIdEnv: .*NO_SUCH is not set/,
  ],
  [
    'a key for expire that is not there',
    'stores: { cold: { type: s3, bucket: mail-archive, expireCredentials: { accessKeyIdEnv: HERE, secretAccessKeyEnv: NO_SUCH } } }',
    /stores.cold.expireCredentials.secretAccessKeyEnv: .*NO_SUCH is not set/,
  ],
  [
    'one prefix inside another',
    'stores: { a: { type: s3, bucket: mail-archive, prefix: x }, b: { type: s3, bucket: mail-archive, prefix: x/y/ } }',
    /stores.b.bucket: store "a" already uses this bucket with this prefix or an outer one/,
  ],
];

for (const [name, yaml, expected] of problems) {
  test(`${name} is a problem at its place`, async (t) => {
    const found = await problemsOf(
      t,
      { 'mothball.yaml': `${smallest}${yaml}\n` },
      { KEY_ID: 'x', HERE: 'x' },
    );
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0] ?? '', expected);
  });
}
