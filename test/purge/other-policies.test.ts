import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { note, type SeedMessage } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, describe, makeSite, policy, said, type Site } from '../integration/installation.ts';
import { subjects } from '../integration/subjects.ts';
import { readArchives } from '../oracle/archives.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { snapshot, type Snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const stores = {
  local: { type: 'local', path: './archive', ephemeral: true },
  vault: { type: 'local', path: './vault', ephemeral: true },
};

const bigMatch = { all: [{ olderThan: '50d' }, { largerThan: '20KiB' }] };

interface Fixture {
  readonly site: Site;
  readonly user: string;
  readonly full: Snapshot;
  readonly vault: string;
}

const usualMail = [
  note('old', 500),
  note('big old', 500, { size: 30_000 }),
  note('big', 100, { size: 30_000 }),
  note('young', 3),
];

/** `old` and `big` both delete, to a store of their own each; both select `big old`. */
async function fixture(user: string, mail: readonly SeedMessage[] = usualMail): Promise<Fixture> {
  await seedUser(dovecot, user, mail);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [
      policy('old', 365),
      policy('big', 50, {
        match: bigMatch,
        archive: { to: 'vault' },
      }),
    ],
    extra: { stores },
  });
  return { site, user, full: await snapshot(dovecot, user), vault: join(site.dir, 'vault') };
}

/** Each policy has a copy of its own of all that it selects. */
function assertCopies({ site, vault, full }: Fixture): void {
  const sums = (names: readonly string[]): readonly string[] =>
    full.messages.flatMap(({ subject, sha256 }) => (names.includes(subject) ? [sha256] : [])).toSorted();
  const kept = (store: string): readonly string[] =>
    readArchives(store)
      .flatMap(({ messages }) => messages.map(({ sha256 }) => sha256))
      .toSorted();
  assert.deepEqual(kept(site.archiveDir), sums(['old', 'big old']));
  assert.deepEqual(kept(vault), sums(['big', 'big old']));
}

async function assertAllGone(made: Fixture): Promise<void> {
  const { site, full, user, vault } = made;
  const now = await snapshot(dovecot, user);
  const selected = full.messages.filter(({ subject }) => subject !== 'young');
  assertExactlyGone(full, now, [...site.archives(), ...readArchives(vault)], selected);
  assertCopies(made);
}

for (const first of ['old', 'big']) {
  test(`mail of two policies that delete stays until both have their copy, when ${first} runs alone first`, async (t) => {
    const made = await fixture(`${first}-first@example.com`);
    t.after(() => made.site.remove());
    assertExit(await made.site.run(['run', first, '--yes']), 0);
    const left = ['big old', 'young', first === 'old' ? 'big' : 'old'].toSorted();
    assert.deepEqual(subjects(await snapshot(dovecot, made.user)), left);
    for (const _round of [1, 2]) assertExit(await made.site.run(['run', '--yes']), 0);
    await assertAllGone(made);
  });
}

const unsure = [
  {
    what: 'whose match the server can not decide (no SAVEDATE)',
    changes: { match: { all: [{ olderThan: '50d', ageFrom: 'saved' }, { largerThan: '20KiB' }] } },
  },
  { what: 'whose quota the server does not report', changes: { when: { quotaAbove: '90%' } } },
];

for (const [index, { what, changes }] of unsure.entries()) {
  test(`mail waits for the copy of a policy ${what}`, async (t) => {
    const plain = await startDovecot({
      shareMailOf: dovecot,
      capability: 'IMAP4rev1 ENABLE UIDPLUS CONDSTORE',
    });
    t.after(() => plain.stop());
    const { site, user } = await fixture(`unsure-${index}@example.com`);
    t.after(() => site.remove());
    const big = { ...policy('big', 50), match: bigMatch, archive: { to: 'vault' }, ...changes };
    await site.configure({ server: { port: plain.port }, policies: [policy('old', 365), big] });
    for (const _round of [1, 2]) await site.run(['run', '--yes']);
    assert.deepEqual(subjects(await snapshot(dovecot, user)), ['big', 'big old', 'young']);
  });
}

for (const [quotaAbove, left] of [
  ['90%', ['big', 'young']],
  ['1%', ['big', 'big old', 'young']],
] as const) {
  const waits = left.length === 3;
  test(`mail ${waits ? 'waits' : 'does not wait'} for a policy whose quota is ${waits ? 'above' : 'below'} its threshold`, async (t) => {
    const small = await startDovecot({ shareMailOf: dovecot, quotaBytes: 1_000_000 });
    t.after(() => small.stop());
    const { site, user, vault } = await fixture(`threshold-${left.length}@example.com`);
    t.after(() => site.remove());
    // It could not archive now, so only whether it wants to decides.
    writeFileSync(vault, 'not a directory');
    const big = { ...policy('big', 50), match: bigMatch, archive: { to: 'vault' }, when: { quotaAbove } };
    await site.configure({ server: { port: small.port }, policies: [policy('old', 365), big] });
    for (const _round of [1, 2]) await site.run(['run', '--yes']);
    assert.deepEqual(subjects(await snapshot(dovecot, user)), left);
  });
}

test('mail waits for a policy that was above its threshold when the run began, though the run itself made room', async (t) => {
  const small = await startDovecot({ shareMailOf: dovecot, quotaBytes: 100_000 });
  t.after(() => small.stop());
  const { site, user, vault } = await fixture('made-room@example.com', [
    ...['one', 'two', 'three'].map((name) => note(name, 500, { size: 18_000, folder: 'First' })),
    note('big old', 500, { size: 30_000 }),
  ]);
  t.after(() => site.remove());
  writeFileSync(vault, 'not a directory');
  const when = { quotaAbove: '60%' };
  const big = { ...policy('big', 50), match: bigMatch, archive: { to: 'vault' }, when };
  await site.configure({ server: { port: small.port }, policies: [policy('old', 365), big] });
  await site.run(['run', '--yes']);
  assert.deepEqual(subjects(await snapshot(dovecot, user)), ['big old']);
});

test('when the store of one of the two can not be used, their common mail stays until it can', async (t) => {
  const made = await fixture('vault-off@example.com');
  t.after(() => made.site.remove());
  writeFileSync(made.vault, 'not a directory');
  const run = await made.site.run(['run', '--yes']);
  assert.equal(run.code, 3, describe(run));
  assert.match(said(run), /vault/);
  assert.deepEqual(subjects(await snapshot(dovecot, made.user)), ['big', 'big old', 'young']);
  rmSync(made.vault);
  for (const _round of [1, 2]) assertExit(await made.site.run(['run', '--yes']), 0);
  await assertAllGone(made);
});
