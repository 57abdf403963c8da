import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { PutBucketLifecycleConfigurationCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { loadConfig } from '../../src/config/load.ts';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { makeCase, startS3World } from '../fault/s3-world.ts';
import type { S3World } from '../fault/s3-world.ts';
import { makeS3Site, toCold } from '../integration/s3-site.ts';
import { assertExit, policy } from '../integration/site.ts';
import { makeBucket } from '../store/s3/bucket.ts';
import { block as readme } from './readme.ts';

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
  ['that of README.md', readme('s3')],
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
    const { stores } = await loadConfig(join(directory, 'mothball.yaml'), {});
    assert.equal(stores.get('cold')?.type, 's3');
  });
}

test('the permissions of docs/storage.md are enough to archive, verify, delete, reindex and restore', async (t) => {
  const { dovecot, rgw, admin } = world;
  const [accessKeyId, secretAccessKey] = ['MOTHBALL', 'mothball-secret'];
  const user = ['--uid=mothball', '--display-name=mothball'];
  const key = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`];
  await rgw.admin(['user', 'create', ...user, ...key]);
  const Bucket = await makeBucket(admin, { versions: true });
  const document: { readonly Statement: readonly object[] } = JSON.parse(
    block('iam').replaceAll('mail-archive', Bucket),
  );
  const Principal = { AWS: ['arn:aws:iam:::user/mothball'] };
  const Statement = document.Statement.map((statement) => ({ ...statement, Principal }));
  await admin.send(
    new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ ...document, Statement }) }),
  );

  const mailbox = 'iam@example.com';
  await seedUser(dovecot, mailbox, [note('old', 500), note('older', 900), note('young', 3)]);
  const site = await makeS3Site({
    server: { port: dovecot.port },
    users: [mailbox],
    policies: [policy('old', 365, toCold)],
    access: { ...rgw, accessKeyId, secretAccessKey },
    bucket: Bucket,
  });
  t.after(() => site.remove());
  const validated = await site.run(['validate', '--stores']);
  assertExit(validated, 0);
  assert.match(validated.stdout, /store cold \(s3\) may be used/);
  assert.match(validated.stdout, /keeps versions/);
  assert.doesNotMatch(validated.stdout, /403|refused/);
  assertExit(await site.run(['run', '--yes']), 0);
  await site.removeDatabase();
  assertExit(await site.run(['reindex', '--yes']), 0);
  assertExit(await site.run(['verify']), 0);
  assertExit(await site.run(['restore', '--all', '--yes']), 0);
  assert.doesNotMatch(block('iam'), /Delete|\*"\]|s3:\*/);
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
