import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import {
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
} from '@aws-sdk/client-s3';
import { loadConfig } from '../../src/config/load.ts';
import { noSecrets } from '../config/files.ts';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { makeCase, type S3World, startS3World } from '../fault/s3-world.ts';
import { assertExit, describe, policy } from '../integration/installation.ts';
import { makeS3Site, toCold } from '../integration/s3-site.ts';
import { bucketRequest, listBucket } from '../oracle/bucket.ts';
import type { S3Access } from '../servers/rgw.ts';
import { makeBucket } from '../store/s3/bucket.ts';

const page = readFileSync(new URL('../../docs/storage.md', import.meta.url), 'utf8');
let world: S3World;

before(async () => {
  world = await startS3World();
});

after(() => world.stop());

/** The block of docs/storage.md that is marked so. */
function block(name: string): string {
  const found = new RegExp(`<!-- test: ${name} -->\\n\\n\`\`\`\\w+\\n(.*?)\`\`\``, 's').exec(page)?.[1];
  assert.ok(found !== undefined, name);
  return found;
}

for (const [name, text] of [
  ['the first of docs/storage.md', block('store')],
  ['the longest of docs/storage.md', block('all')],
  ['that of encryption', block('encryption')],
  ['the shortest of docs/storage.md', block('s3')],
  ['the shortest of docs/storage.md, encrypted', block('recipients')],
] as const) {
  test(`a bucket is configured as in ${name}`, async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'storage-'));
    t.after(() => rm(directory, { recursive: true }));
    const secrets = ['s3-key-id', 's3-secret-key', 's3-expire-key-id', 's3-expire-secret-key', 'pw'];
    for (const secret of secrets) await writeFile(join(directory, secret), 'x', { mode: 0o600 });
    const recipient = execFileSync('age-keygen', ['-y'], {
      input: execFileSync('age-keygen', { stdio: ['ignore', 'pipe', 'ignore'] }),
    });
    await writeFile(join(directory, 'recipients.txt'), `# who reads\n${recipient.toString()}`);
    const head =
      'version: 1\nservers: { main: { host: imap.example.com } }\naccounts:\n  - { user: alice@example.com, server: main, passwordFile: pw }\n';
    await writeFile(join(directory, 'mothball.yaml'), head + text);
    const { stores } = await loadConfig(join(directory, 'mothball.yaml'), noSecrets);
    assert.equal(stores.get('cold')?.type, 's3');
  });
}

/** A user of the S3 server who has these permissions on that bucket, and nobody else any. */
async function userWith(name: string, permissions: string, Bucket: string): Promise<S3Access> {
  const { rgw, admin } = world;
  const keys = { accessKeyId: name.toUpperCase(), secretAccessKey: `${name}-secret` };
  const access = [`--access-key=${keys.accessKeyId}`, `--secret-key=${keys.secretAccessKey}`];
  await rgw.admin(['user', 'create', `--uid=${name}`, `--display-name=${name}`, ...access]);
  const document: { readonly Statement: readonly object[] } = JSON.parse(
    permissions.replaceAll('mail-archive', Bucket),
  );
  const Principal = { AWS: [`arn:aws:iam:::user/${name}`] };
  const Statement = document.Statement.map((statement) => ({ ...statement, Principal }));
  const Policy = JSON.stringify({ ...document, Statement });
  await admin.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  return { ...rgw, ...keys };
}

test('the permissions of docs/storage.md are enough to archive, verify, delete, reindex, restore and erase', async (t) => {
  const { dovecot, rgw, admin } = world;
  const Bucket = await makeBucket(admin, { versions: true });
  const access = await userWith('mothball', block('iam'), Bucket);
  const mailbox = 'iam@example.com';
  await seedUser(dovecot, mailbox, [note('old', 500), note('older', 900), note('young', 3)]);
  const site = await makeS3Site({
    server: { port: dovecot.port },
    users: [mailbox],
    policies: [policy('old', 365, toCold)],
    access,
    bucket: Bucket,
  });
  t.after(() => site.remove());
  const validated = await site.run(['validate', '--stores']);
  assertExit(validated, 0);
  assert.match(validated.stdout, /store "cold" \(s3\) may be used/);
  assert.match(validated.stdout, /keeps versions/);
  assert.doesNotMatch(validated.stdout, /403|refused/);
  assertExit(await site.run(['run', '--yes']), 0);
  await site.removeDatabase();
  assertExit(await site.run(['reindex', '--yes']), 0);
  assertExit(await site.run(['verify']), 0);
  assertExit(await site.run(['restore', '--all', '--yes']), 0);
  assert.doesNotMatch(block('iam'), /Delete|\*"\]|s3:\*/);

  const request = ['expire', '--account', mailbox, '--reason', 'request 17', '--yes'];
  const refused = await site.run(request);
  assert.notEqual(refused.code, 0, describe(refused));
  const [object = ''] = (await listBucket(rgw, Bucket)).filter((key) => key.endsWith('.mbox.zst'));
  await bucketRequest(rgw, { method: 'DELETE', path: `${Bucket}/${object}` });
  const expirer = await userWith('expirer', block('iam-expire'), Bucket);
  await writeFile(join(site.dir, 'key-id'), expirer.accessKeyId, { mode: 0o600 });
  await writeFile(join(site.dir, 'secret-key'), expirer.secretAccessKey, { mode: 0o600 });
  assertExit(await site.run(request), 0);
  const { Versions = [], DeleteMarkers = [] } = await admin.send(
    new ListObjectVersionsCommand({ Bucket, Prefix: 'prod/main' }),
  );
  assert.deepEqual([...Versions, ...DeleteMarkers], []);
});

test('the lifecycle rule of docs/storage.md is one, and does not turn the store off', async (t) => {
  const { site, bucket } = await makeCase(t, world);
  const LifecycleConfiguration = JSON.parse(block('lifecycle'));
  await world.admin.send(
    new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }),
  );
  const { stores } = await site.json<{
    readonly stores: readonly { readonly refusals: readonly string[] }[];
  }>(['validate', '--stores']);
  assert.deepEqual(
    stores.map(({ refusals }) => refusals),
    [[]],
  );
});
