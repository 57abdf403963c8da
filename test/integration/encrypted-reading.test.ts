import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { mailbox, usualFlags } from '../corpus/mailbox.ts';
import { oddMail } from '../corpus/seed.ts';
import { type Archive, findFiles } from '../oracle/archives.ts';
import { assertExactlyGone, assertSameMail } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import type { SearchDocument } from './documents.ts';
import { keyPair, type KeyPair, makeEncryptedSite } from './encrypted-site.ts';
import { assertExit, policy } from './installation.ts';

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

for (const [format, folders] of [
  ['mbox', ['INBOX', 'Zdjęcia/2019']],
  ['eml-zip', ['INBOX']],
  ['maildir-tar', ['INBOX']],
] as const) {
  test(`encrypted mail (${format}) is found without an identity, and read and restored with it`, async (t) => {
    const user = `${format}@example.com`;
    await seedByAppend(dovecot, user, [
      ...mailbox({ seed: 2, count: 40, user, folders: [...folders], flags: usualFlags, meanSize: 6_000 }),
      ...oddMail('INBOX', 500).filter(({ raw }) => raw.length < 1e6),
    ]);
    const site = await makeEncryptedSite(
      {
        server: { port: dovecot.port },
        users: [user],
        policies: [policy('old', 365, { archive: { to: 'local', format } })],
      },
      keys,
    );
    t.after(() => site.remove());
    const full = await snapshot(dovecot, user);
    const identity = ['--identity', keys.identity];
    assertExit(await site.run(['validate', ...identity]), 0);
    assertExit(await site.run(['run', '--yes']), 0);
    const selected = selectByRule(full, { olderThanDays: 365 }, new Date());
    const archives = site.archives();
    assertExactlyGone(full, await snapshot(dovecot, user), archives, selected);

    if (format === 'mbox') await reads(site, archives[0]);
    // Dovecot alters CR CR LF on every APPEND: that is told.
    assertExit(await site.run(['restore', '--all', '--yes', ...identity]), 3);
    const unaltered = (mail: typeof full) => ({
      ...mail,
      messages: mail.messages.filter(({ subject }) => subject !== 'cr-cr-lf'),
    });
    assertSameMail(unaltered(full), unaltered(await snapshot(dovecot, user)));
    assert.deepEqual(findFiles(join(site.dir, 'spool'), '.decrypted'), []);
  });
}

type Trip = Awaited<ReturnType<typeof makeEncryptedSite>>;

/** All but a search takes the identity, also for a catalog that was lost and made anew. */
async function reads(site: Trip, archive: Archive | undefined): Promise<void> {
  const identity = ['--identity', keys.identity];
  await site.removeDatabase();
  assertExit(await site.run(['reindex', '--yes', ...identity]), 0);
  assertExit(await site.run(['verify', ...identity]), 0);
  const found = await site.json<SearchDocument>(['search', 'cr-cr-lf']);
  assert.equal(found.messages.length, 1);
  const id = `${archive?.head.id}/1`;
  const exact = await site.run(['show', id, ...identity]);
  assert.equal(exact.stdout, archive?.messages[1]?.bytes.toString());
  await refusals(site, id);
}

async function refusals(site: Trip, id: string): Promise<void> {
  for (const command of [
    ['show', id],
    ['restore', '--all', '--yes'],
    ['export', '--all', '--to-dir', 'out'],
  ]) {
    const blind = await site.run(command);
    assertExit(blind, 2);
    assert.match(blind.stderr, /is encrypted .*--identity FILE/);
  }
  const foreign = await site.run(['show', id, '--identity', stranger.identity]);
  assertExit(foreign, 1);
  assert.match(foreign.stderr, /none of the identities in .* fits/);
  const left = await site.run(['export', '--all', '--to-dir', 'out', '--identity', stranger.identity]);
  assertExit(left, 3);
  assert.match(left.stderr, /was not written.*none of the identities/);
  // Whoever archives needs no identity; whoever asks with the wrong one hears so, and nothing is quarantined.
  assertExit(await site.run(['verify', '--identity', stranger.identity]), 1);
  assertExit(await site.run(['verify']), 0);
}
