/** SAFETY I9, row 10b of the fault matrix: somebody rewrites an archive in the store, and then the database is lost. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import type { S3Client } from '@aws-sdk/client-s3';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { keyPair, type KeyPair, makeEncryptedSite } from '../integration/encrypted-site.ts';
import { assertExit, makeSite, policy, said, type Site } from '../integration/installation.ts';
import { makeS3Site, prefix, toCold } from '../integration/s3-site.ts';
import { type Archive, readSoundArchives } from '../oracle/archives.ts';
import { bucketArchives, bucketRequest, listBucket } from '../oracle/bucket.ts';
import { assertExactlyGone, assertNothingLost } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { type Rgw, startRgw } from '../servers/rgw.ts';
import { adminClient, makeBucket } from '../store/s3/bucket.ts';
import { type Encrypt, forge } from './forgery.ts';

let dovecot: Dovecot;
let rgw: Rgw;
let admin: S3Client;
let keys: KeyPair;

before(async () => {
  keys = keyPair();
  [dovecot, rgw] = await Promise.all([startDovecot(), startRgw()]);
  admin = adminClient(rgw);
});

after(async () => {
  admin.destroy();
  keys.remove();
  await Promise.all([dovecot.stop(), rgw.stop()]);
});

const waiting = { delete: { after: '7d' } };

async function seed(user: string): Promise<void> {
  await seedUser(dovecot, user, [
    note('precious', 500, { size: 3_000 }),
    note('dear', 600, { size: 2_000 }),
    note('young', 3),
  ]);
}

/** After a reindex nothing may leave for the forgery; then the mail is archived again, and leaves. */
async function assertFoundOut(
  { site, user }: { readonly site: Pick<Site, 'run'>; readonly user: string },
  sound: () => Promise<readonly Archive[]> | readonly Archive[],
  forged: { readonly found: boolean },
): Promise<void> {
  const full = await snapshot(dovecot, user);
  const old = full.messages.filter(({ subject }) => subject !== 'young');
  const honest = async (): Promise<readonly Archive[]> =>
    (await sound()).filter(({ messages }) => !messages.every(({ bytes }) => bytes.includes('ZZZZZZ')));
  const first = await site.run(['run', '--yes']);
  assertNothingLost(full, await snapshot(dovecot, user), await honest(), old);
  if (forged.found)
    assert.match(said(first), /was found .* does not hold 2 of its messages as the server delivers them/);
  if (forged.found) assertExit(first, 4);
  assertExit(await site.run(['run', '--yes']), 0);
  assertExactlyGone(full, await snapshot(dovecot, user), await honest(), old);
}

for (const mode of ['expunge', 'trash'] as const) {
  test(`with ${mode}, a forged archive that reindex found lets no mail leave that it does not hold`, async (t) => {
    const user = `forged-${mode}@example.com`;
    await seed(user);
    const changes = { folders: { include: ['INBOX'] } };
    const site = await makeSite({
      server: { port: dovecot.port },
      users: [user],
      policies: [policy('old', 365, { ...changes, ...waiting })],
    });
    t.after(() => site.remove());
    assertExit(await site.run(['run', '--yes']), 0);
    await replaceLocal(site);
    await site.removeDatabase();
    assertExit(await site.run(['reindex', '--yes']), 0);
    await site.configure({ policies: [policy('old', 365, { ...changes, delete: { after: '0d', mode } })] });
    await assertFoundOut({ site, user }, () => readSoundArchives(site.archiveDir), { found: true });
  });
}

test('a forged archive beside a database that lives, found by a reindex, lets no mail leave either', async (t) => {
  const user = 'forged-living@example.com';
  await seed(user);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, waiting)],
  });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  await replaceLocal(site);
  await site.run(['reindex', '--new-store', '--yes']);
  await site.configure({ policies: [policy('old', 365)] });
  await assertFoundOut({ site, user }, () => readSoundArchives(site.archiveDir), { found: true });
});

test('a forged archive that kept its ID is damaged for reindex, and its mail is archived again', async (t) => {
  const user = 'forged-id@example.com';
  await seed(user);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, waiting)],
  });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  await replaceLocal(site, true);
  await site.removeDatabase();
  const reindexed = await site.run(['reindex', '--yes']);
  assert.match(said(reindexed), /its ID is not that of the messages it lists/);
  await site.configure({ policies: [policy('old', 365)] });
  await assertFoundOut({ site, user }, () => readSoundArchives(site.archiveDir), { found: false });
});

/** Puts a forgery in the place of the only archive. */
async function replaceLocal(site: Site, keepId = false): Promise<void> {
  const [archive] = site.archives();
  assert.ok(archive !== undefined);
  const forged = await forge(
    readFileSync(archive.manifest),
    archive.messages.map(({ bytes }) => bytes),
    { keepId },
  );
  for (const [path, data] of [
    [archive.object, forged.object],
    [archive.manifest, forged.manifest],
  ] as const) {
    rmSync(path);
    writeFileSync(path.replace(archive.head.id, forged.id), data);
  }
}

test('a forged archive in a bucket lets no mail leave', async (t) => {
  const user = 'forged-s3@example.com';
  await seed(user);
  const bucket = await makeBucket(admin, { versions: false });
  const site = await makeS3Site({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { ...toCold, ...waiting })],
    access: rgw,
    bucket,
  });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  const [archive] = await site.archives();
  assert.ok(archive !== undefined);
  const paths = (await listBucket(rgw, bucket)).filter((key) => key.includes(archive.head.id));
  const manifest = paths.find((key) => key.includes('.manifest.')) ?? '';
  const forged = await forge(
    await bucketRequest(rgw, { path: `${bucket}/${manifest}` }),
    archive.messages.map(({ bytes }) => bytes),
  );
  for (const key of paths) {
    const body = key === manifest ? forged.manifest : forged.object;
    await bucketRequest(rgw, { method: 'DELETE', path: `${bucket}/${key}` });
    const path = `${bucket}/${key.replace(archive.head.id, forged.id)}`;
    await bucketRequest(rgw, { method: 'PUT', path, body });
  }
  await site.removeDatabase();
  assertExit(await site.run(['reindex', '--yes']), 0);
  await site.configure({ policies: [policy('old', 365, toCold)] });
  await assertFoundOut({ site, user }, () => bucketArchives(rgw, bucket, { prefix, sound: true }), {
    found: true,
  });
});

test('a forged archive that is encrypted to the right recipients lets no mail leave', async (t) => {
  const user = 'forged-age@example.com';
  await seed(user);
  const site = await makeEncryptedSite(
    { server: { port: dovecot.port }, users: [user], policies: [policy('old', 365, waiting)] },
    keys,
  );
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  const [archive] = site.archives();
  assert.ok(archive !== undefined);
  const encrypt: Encrypt = (input) => execFileSync('age', ['-r', keys.recipient], { input });
  const plain = execFileSync('age', ['-d', '-i', keys.identity, archive.manifest]);
  const forged = await forge(
    plain,
    archive.messages.map(({ bytes }) => bytes),
    { encrypt },
  );
  for (const [path, data] of [
    [archive.object, forged.object],
    [archive.manifest, encrypt(forged.manifest)],
  ] as const) {
    rmSync(path);
    writeFileSync(path.replace(archive.head.id, forged.id), data);
  }
  await site.removeDatabase();
  const identity = ['--identity', keys.identity];
  assertExit(await site.run(['reindex', '--yes', ...identity]), 0);
  assertExit(await site.run(['validate', ...identity]), 0);
  await site.configure({ policies: [policy('old', 365)] });
  await assertFoundOut({ site, user }, () => readSoundArchives(site.archiveDir, keys.identity), {
    found: true,
  });
});
