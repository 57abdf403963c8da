import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, makeSite, policy, said, type Site } from '../integration/installation.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { snapshot, type Snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

/** One archive whose grace is over, and newly aged mail: both halves have work to do. */
async function ready(user: string): Promise<{ readonly site: Site; readonly full: Snapshot }> {
  await seedUser(dovecot, user, [note('one', 500), note('two', 600), note('young', 3)]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { delete: { after: '7d' } })],
  });
  assertExit(await site.run(['run', '--yes']), 0);
  await seedByAppend(dovecot, user, [note('three', 700)]);
  await site.configure({ policies: [policy('old', 365)] });
  return { site, full: await snapshot(dovecot, user) };
}

const losses: readonly { readonly name: string; readonly lose: (site: Site) => void }[] = [
  { name: 'missing', lose: (site) => renameSync(site.archiveDir, `${site.archiveDir}.away`) },
  {
    name: 'an empty mount point',
    lose: (site) => {
      renameSync(site.archiveDir, `${site.archiveDir}.away`);
      mkdirSync(site.archiveDir);
    },
  },
];

for (const { name, lose } of losses) {
  test(`with a store that is ${name}, nothing is archived or deleted until it is back`, async (t) => {
    const user = `${name.replaceAll(' ', '-')}@example.com`;
    const { site, full } = await ready(user);
    t.after(() => site.remove());
    lose(site);
    const run = await site.run(['run', '--yes']);
    assertExit(run, 1);
    assert.match(said(run), /local/);
    assert.deepEqual(await snapshot(dovecot, user), full);
    rmSync(site.archiveDir, { recursive: true, force: true });
    renameSync(`${site.archiveDir}.away`, site.archiveDir);
    assertExit(await site.run(['run', '--yes']), 0);
    const old = full.messages.filter(({ subject }) => subject !== 'young');
    assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), old);
  });
}

test('with the store of another installation in its place, nothing is archived or deleted', async (t) => {
  const mine = await ready('mine@example.com');
  const theirs = await ready('theirs@example.com');
  t.after(() => Promise.all([mine.site.remove(), theirs.site.remove()]));
  renameSync(mine.site.archiveDir, `${mine.site.archiveDir}.away`);
  renameSync(theirs.site.archiveDir, mine.site.archiveDir);
  assertExit(await mine.site.run(['run', '--yes']), 1);
  assert.deepEqual(await snapshot(dovecot, 'mine@example.com'), mine.full);
});

test('with its database damaged, Mothball refuses to delete, and goes on after reindex', async (t) => {
  const user = 'database@example.com';
  const { site, full } = await ready(user);
  t.after(() => site.remove());
  await site.removeDatabase();
  writeFileSync(site.database, Buffer.alloc(65_536, 'not a database '));
  const run = await site.run(['run', '--yes']);
  assertExit(run, 1);
  assert.match(said(run), /reindex/);
  assert.deepEqual(await snapshot(dovecot, user), full);
  rmSync(site.database);
  assertExit(await site.run(['reindex', '--yes']), 0);
  // Reindexed archives are unverified: the run verifies them again before their mail may go.
  for (const _round of [1, 2]) assertExit(await site.run(['run', '--yes']), 0);
  const old = full.messages.filter(({ subject }) => subject !== 'young');
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), old);
});

test('a store on tmpfs is not deleted against, unless it is declared ephemeral', async (t) => {
  const path = mkdtempSync('/dev/shm/mothball-');
  t.after(() => rmSync(path, { recursive: true, force: true }));
  const user = 'tmpfs@example.com';
  await seedUser(dovecot, user, [note('one', 500)]);
  const stores = { local: { type: 'local', path } };
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365)],
    extra: { stores },
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  const run = await site.run(['run', '--yes']);
  assert.notEqual(run.code, 0);
  assert.match(said(run), /ephemeral/);
  assert.deepEqual(await snapshot(dovecot, user), full);
  await site.configure({ extra: { stores: { local: { ...stores.local, ephemeral: true } } } });
  assertExit(await site.run(['run', '--yes']), 0);
  assert.equal((await snapshot(dovecot, user)).messages.length, 0);
});

const root = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
const asRoot = (...command: readonly string[]): void => {
  const [program = '', ...args] = [...root, ...command];
  execFileSync(program, args, { stdio: 'pipe' });
};

test('when the disk of the archive is full, nothing is deleted, and the next run recovers', async (t) => {
  const mount = mkdtempSync(join(tmpdir(), 'full-'));
  asRoot('mount', '-t', 'tmpfs', '-o', 'size=300k,mode=777', 'tmpfs', mount);
  t.after(() => {
    asRoot('umount', '-l', mount);
    rmSync(mount, { recursive: true, force: true });
  });
  const user = 'enospc@example.com';
  const random = Array.from({ length: 12 }, (_, index) => noise(index));
  await seedUser(dovecot, user, random);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365)],
    archivePath: join(mount, 'archive'),
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  const run = await site.run(['run', '--yes']);
  assertExit(run, 1);
  assert.match(said(run), /ENOSPC|space/i);
  assert.deepEqual(await snapshot(dovecot, user), full);
  asRoot('mount', '-o', 'remount,size=20m', mount);
  assertExit(await site.run(['run', '--yes']), 0);
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), full.messages);
});

/** A message that no compressor makes smaller. */
function noise(serial: number): ReturnType<typeof note> {
  const message = note(`noise ${serial}`, 500 + serial);
  let state = serial + 1;
  const lines = Array.from({ length: 1_000 }, () => {
    const octets = Array.from(
      { length: 48 },
      () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 24,
    );
    return `${Buffer.from(octets).toString('base64')}\r\n`;
  });
  return { ...message, raw: Buffer.concat([message.raw, Buffer.from(lines.join(''))]) };
}
