import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { after, before, type TestContext } from 'node:test';
import {
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type S3World, startS3World } from '../fault/s3-world.ts';
import type { ArchivesDocument } from '../integration/documents.ts';
import { assertExit, describe, policy, said } from '../integration/installation.ts';
import { makeS3Site, type S3Site, toCold } from '../integration/s3-site.ts';
import { makeBucket } from '../store/s3/bucket.ts';

const page = readFileSync(new URL('../../docs/storage.md', import.meta.url), 'utf8');
const keeper = { accessKeyId: 'KEEPER', secretAccessKey: 'keeper-secret' };
const remover = { accessKeyId: 'REMOVER', secretAccessKey: 'remover-secret' };
const expireCredentials = { accessKeyIdFile: 'expire-id', secretAccessKeyFile: 'expire-key' };
let world: S3World;

before(async () => {
  world = await startS3World();
  for (const [uid, keys] of [
    ['keeper', keeper],
    ['remover', remover],
  ] as const) {
    const key = [`--access-key=${keys.accessKeyId}`, `--secret-key=${keys.secretAccessKey}`];
    await world.rgw.admin(['user', 'create', `--uid=${uid}`, `--display-name=${uid}`, ...key]);
  }
});

after(() => world.stop());

/** The statements of a policy in docs/storage.md, for one user and bucket. */
function statements(name: string, uid: string, bucket: string): readonly object[] {
  const text = new RegExp(`<!-- test: ${name} -->\\n\\n\`\`\`json\\n(.*?)\`\`\``, 's').exec(page)?.[1];
  assert.ok(text !== undefined, name);
  const { Statement }: { readonly Statement: readonly object[] } = JSON.parse(
    text.replaceAll('mail-archive', bucket),
  );
  return Statement.map((one) => ({ ...one, Principal: { AWS: [`arn:aws:iam:::user/${uid}`] } }));
}

/** Mail archived by one who may not delete, an archive for each folder, past its `retain`. */
async function expired(
  t: TestContext,
  user: string,
  folders: readonly string[],
  bucketWish: { readonly versions?: boolean; readonly lock?: boolean },
): Promise<{ readonly site: S3Site; readonly bucket: string; readonly keys: ReadonlyMap<string, string> }> {
  const bucket = await makeBucket(world.admin, bucketWish);
  // The tests themselves own the bucket, but not what the keeper puts there.
  const owner = { Effect: 'Allow', Action: ['s3:*'], Principal: { AWS: ['arn:aws:iam:::user/test'] } };
  const Statement = [
    ...statements('iam', 'keeper', bucket),
    ...statements('iam-expire', 'remover', bucket),
    { ...owner, Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`] },
  ];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await world.admin.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
  await seedUser(
    world.dovecot,
    user,
    folders.map((folder) => note(`old ${folder}`, 500, { folder })),
  );
  const site = await makeS3Site({
    server: { port: world.dovecot.port },
    users: [user],
    policies: [policy('old', 365, { ...toCold, retain: '30d' })],
    access: { ...world.rgw, ...keeper },
    bucket,
  });
  t.after(() => site.remove());
  await writeFile(join(site.dir, 'expire-id'), remover.accessKeyId, { mode: 0o600 });
  await writeFile(join(site.dir, 'expire-key'), remover.secretAccessKey, { mode: 0o600 });
  assertExit(await site.run(['run', '--yes']), 0);
  const database = new DatabaseSync(site.database);
  database.exec(`UPDATE archives SET created = created - ${40 * 86_400_000}`);
  database.close();
  const { archives } = await site.json<ArchivesDocument>(['archives']);
  assert.equal(archives.length, folders.length);
  return { site, bucket, keys: new Map(archives.map(({ folder, key }) => [folder, `prod/${key}`])) };
}

/** Every version and delete marker of archives in the bucket. */
async function versionsIn(Bucket: string): Promise<readonly string[]> {
  const found = await world.admin.send(new ListObjectVersionsCommand({ Bucket }));
  return [...(found.Versions ?? []), ...(found.DeleteMarkers ?? [])]
    .map(({ Key = '' }) => Key)
    .filter((key) => !key.includes('.mothball/'));
}

test('who archives can not delete; expire does, with its own credentials and the permissions of docs/storage.md', async (t) => {
  const { site, bucket } = await expired(t, 'gone@example.com', ['INBOX'], { versions: true });
  const denied = await site.run(['expire', '--yes', '--lift-limits']);
  assertExit(denied, 1);
  assert.match(said(denied), /stays as it was: .*could not .*AccessDenied.*docs\/storage\.md/);
  assert.ok((await versionsIn(bucket)).length >= 2);
  await site.configureStore({ expireCredentials });
  assertExit(await site.run(['expire', '--yes', '--lift-limits']), 0);
  assert.deepEqual(await versionsIn(bucket), []);
  const { archives } = await site.json<ArchivesDocument>(['archives']);
  assert.deepEqual(
    archives.map(({ state }) => state),
    ['expired'],
  );
});

test('an account is erased with the same credentials', async (t) => {
  const user = 'erased@example.com';
  const { site, bucket } = await expired(t, user, ['INBOX', 'Lists'], { versions: true });
  await site.configureStore({ expireCredentials });
  assertExit(await site.run(['expire', '--account', user, '--reason', 'left', '--yes']), 0);
  assert.deepEqual(await versionsIn(bucket), []);
});

test('what is locked or under a legal hold stays whole, and expire says until when', async (t) => {
  const folders = ['Free', 'Held', 'Locked'];
  const { site, bucket: Bucket, keys } = await expired(t, 'locked@example.com', folders, { lock: true });
  const key = (folder: string): string => keys.get(folder) ?? assert.fail(folder);
  const RetainUntilDate = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3 * 86_400_000);
  const Retention = { Mode: 'GOVERNANCE', RetainUntilDate } as const;
  await world.admin.send(new PutObjectRetentionCommand({ Bucket, Key: key('Locked'), Retention }));
  await world.admin.send(
    new PutObjectLegalHoldCommand({ Bucket, Key: key('Held'), LegalHold: { Status: 'ON' } }),
  );
  await site.configureStore({ expireCredentials });
  const run = await site.run(['expire', '--yes', '--lift-limits']);
  assertExit(run, 0);
  assert.match(run.stdout, /kept: 1 archive \(under a legal hold\)/, describe(run));
  const until = RetainUntilDate.toISOString();
  assert.ok(run.stdout.includes(`kept: 1 archive (under object lock (GOVERNANCE) until ${until})`));
  const left = await versionsIn(Bucket);
  const of = (folder: string): readonly string[] =>
    left.filter((one) => one.startsWith(key(folder).slice(0, key(folder).lastIndexOf('/'))));
  assert.deepEqual(of('Free'), []);
  // Object, manifest and receipt of each.
  assert.deepEqual([of('Held').length, of('Locked').length, left.length], [3, 3, 6]);
});

test('what lies below a delete marker of somebody else goes too, as docs/storage.md says', async (t) => {
  const {
    site,
    bucket: Bucket,
    keys,
  } = await expired(t, 'marker@example.com', ['INBOX'], { versions: true });
  const [Key = ''] = keys.values();
  const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
  await world.admin.send(new DeleteObjectCommand({ Bucket, Key }));
  await site.configureStore({ expireCredentials });
  assertExit(await site.run(['expire', '--yes', '--lift-limits']), 0);
  assert.deepEqual(await versionsIn(Bucket), []);
});
