import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { findFiles } from '../oracle/archives.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import type { ArchivesDocument } from './documents.ts';
import { encryptedStore, keyPair, type KeyPair, makeEncryptedSite } from './encrypted-site.ts';
import { assertExit, policy, said } from './installation.ts';

const rule = { olderThanDays: 365 };
const notes = (count: number) =>
  Array.from({ length: count }, (_, index) => note(`old ${index}`, 400 + index, { size: 2_000 }));
let dovecot: Dovecot;
let keys: KeyPair;
let stranger: KeyPair;

before(async () => {
  [keys, stranger] = [keyPair(), keyPair()];
  dovecot = await startDovecot();
});

after(async () => {
  await dovecot.stop();
  keys.remove();
  stranger.remove();
});

test('encrypted mail is verified without an identity, and deleted only once one was shown to decrypt', async (t) => {
  const user = 'sealed@example.com';
  await seedUser(dovecot, user, [...notes(8), note('young', 3)]);
  const site = await makeEncryptedSite(
    { server: { port: dovecot.port }, users: [user], policies: [policy('old', 365)] },
    keys,
  );
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  const selected = selectByRule(full, rule, new Date());

  const first = await site.run(['run', '--yes']);
  assertExit(first, 3);
  assert.match(said(first), /store "local".*encrypted.*mothball validate --identity FILE/s);
  assert.deepEqual(await snapshot(dovecot, user), full);
  const files = findFiles(site.archiveDir, '').filter((path) => /\/[0-9a-f]{64}/.test(path));
  assert.ok(files.length === 2 && files.every((path) => path.endsWith('.age')), files.join(' '));
  assertExit(await site.run(['verify']), 0);

  assert.match(said(await site.run(['validate', '--stores'])), /not shown yet.*validate --identity/);
  const foreign = await site.run(['validate', '--identity', stranger.identity]);
  assertExit(foreign, 1);
  assert.match(said(foreign), /none of the identities in .* fits/);
  assertExit(await site.run(['run', '--yes']), 3);
  assert.deepEqual(await snapshot(dovecot, user), full);

  const proved = await site.run(['validate', '--identity', keys.identity]);
  assertExit(proved, 0);
  assert.match(proved.stdout, /can decrypt was shown on/);
  assertExit(await site.run(['run', '--yes']), 0);
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), selected);
});

test('other recipients have to be shown to decrypt again; what was archived before keeps its proof', async (t) => {
  const user = 'changed@example.com';
  await seedUser(dovecot, user, [note('one', 500), note('two', 300)]);
  const wish = { server: { port: dovecot.port }, users: [user] };
  const site = await makeEncryptedSite({ ...wish, policies: [policy('old', 400)] }, keys);
  t.after(() => site.remove());
  assertExit(await site.run(['validate', '--identity', keys.identity]), 0);
  assertExit(await site.run(['run', '--yes']), 0);
  await site.configure({ extra: encryptedStore(stranger.recipient), policies: [policy('old', 200)] });
  const full = await snapshot(dovecot, user);
  assert.equal(full.messages.length, 1);
  assertExit(await site.run(['run', '--yes']), 3);
  assertExit(await site.run(['validate', '--identity', keys.identity]), 1);
  assertExit(await site.run(['run', '--yes']), 3);
  assert.deepEqual(await snapshot(dovecot, user), full);

  // The recipients change once more before anybody proved them: a whole archive that decrypts does.
  await site.configure({ extra: encryptedStore(keys.recipient) });
  const stuck = await site.run(['run', '--yes']);
  assertExit(stuck, 3);
  assert.match(said(stuck), /mothball verify --identity FILE/);
  assert.deepEqual(await snapshot(dovecot, user), full);
  const { archives } = await site.json<ArchivesDocument>(['archives']);
  const last = archives.at(-1)?.id ?? '';
  assertExit(await site.run(['verify', last, '--identity', keys.identity]), 1);
  assertExit(await site.run(['verify', last, '--identity', stranger.identity]), 0);
  assertExit(await site.run(['run', '--yes']), 0);
  assert.equal((await snapshot(dovecot, user)).messages.length, 0);
});

test('with the database lost, an encrypted store stays off until it was indexed with an identity', async (t) => {
  const user = 'lost@example.com';
  await seedUser(dovecot, user, notes(3));
  const site = await makeEncryptedSite(
    { server: { port: dovecot.port }, users: [user], policies: [policy('old', 365)] },
    keys,
  );
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  assertExit(await site.run(['run', '--yes']), 3);
  await site.removeDatabase();
  const partial = await site.run(['reindex', '--yes']);
  assertExit(partial, 3);
  assert.match(said(partial), /1 encrypted manifest could not be read.*--identity FILE/s);
  const refused = await site.run(['run', '--yes']);
  assertExit(refused, 1);
  assert.match(said(refused), /reindex/);
  const identity = ['--identity', keys.identity];
  assertExit(await site.run(['reindex', '--yes', ...identity]), 0);
  assertExit(await site.run(['validate', ...identity]), 0);
  assertExit(await site.run(['run', '--yes']), 0);
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), full.messages);
  assert.equal(site.archives().length, 1);
});
