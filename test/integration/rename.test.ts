/** Accounts and servers that get another name: their archives stay valid, and nothing is archived again. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { note } from '../corpus/mailbox.ts';
import { clockOffBy } from '../fault/off-by.ts';
import { findFiles } from '../oracle/archives.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import type { ArchivesDocument } from './documents.ts';
import { assertExit, makeSite, policy, said, type Site } from './installation.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});
after(() => dovecot.stop());

const passwordFile = './password';

/** Mail that waits for its grace under the old name. */
async function waiting(t: test.TestContext, user: string): Promise<Site> {
  await seedByAppend(dovecot, user, [note('one', 500), note('two', 450, { folder: 'Work' })]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { delete: { after: '7d' } })],
  });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  assert.equal(site.archives().length, 2);
  return site;
}

/** Nothing is archived again, what waited is deleted, and all is known under the new name only. */
async function assertGoesOn(
  site: Site,
  user: string,
  name: { server: string; account: string },
): Promise<void> {
  const later = { clock: clockOffBy(8) };
  assertExit(await site.run(['run', '--yes'], later), 0);
  assert.equal(site.archives().length, 2, 'it is archived again');
  assert.deepEqual((await snapshot(dovecot, user)).messages, []);
  const { archives } = await site.json<ArchivesDocument>(['archives']);
  assert.deepEqual(
    archives.map(({ server, account, state }) => ({ server, account, state })),
    [1, 2].map(() => ({ ...name, state: 'verified' })),
  );
}

test('rename-account is refused while a hold or an override covers only the old name', async (t) => {
  const site = await waiting(t, 'held.old');
  const old = (accounts: readonly string[]) =>
    policy('old', 365, { delete: { after: '7d' }, overrides: [{ accounts, delete: { after: '30d' } }] });
  await site.configure({ users: ['held.new'], holds: [{ name: 'case-1', accounts: ['held.old'] }] });
  const args = ['rename-account', 'held.old', 'held.new', '--yes'];
  const held = await site.run(args);
  assertExit(held, 2);
  assert.match(said(held), /hold "case-1" covers held\.old, and not held\.new; nothing was renamed/);
  assert.match(said(held), /Add held\.new to its accounts/);
  await site.configure({ holds: [{ name: 'case-1', accounts: ['held.*'] }], policies: [old(['held.old'])] });
  const apart = await site.run(args);
  assertExit(apart, 2);
  assert.match(said(apart), /an override of policy "old" covers held\.old, and not held\.new/);
  await site.configure({ policies: [old(['held.old', 'held.new'])] });
  assertExit(await site.run(args), 0);
});

test('rename-account: archives of the old name belong to the new one, and what waits is deleted in time', async (t) => {
  const site = await waiting(t, 'mary.smith');
  await rename(join(dovecot.mailDir, 'mary.smith'), join(dovecot.mailDir, 'mary.jones'));
  assert.match(
    said(await site.run(['rename-account', 'mary.smith', 'mary.jones', '--yes'])),
    /account "mary.jones" is not in .*Give it the new name there first/s,
  );
  await site.configure({ users: ['mary.jones'] });
  assert.match(said(await site.run(['validate'])), /run `mothball rename-account mary.smith NEW`/);
  const renamed = await site.run(['rename-account', 'mary.smith', 'mary.jones', '--yes']);
  assertExit(renamed, 0);
  assert.match(renamed.stdout, /mary.smith on main is mary.jones on main now: 1 account, 2 archives/);
  assertExit(await site.run(['rename-account', 'mary.smith', 'mary.jones', '--yes']), 0);
  assertExit(await site.run(['rename-account', 'nobody', 'mary.jones', '--yes']), 2);
  await assertGoesOn(site, 'mary.jones', { server: 'main', account: 'mary.jones' });
  const restored = await site.run(['restore', '--all', '--yes'], { clock: clockOffBy(8) });
  assertExit(restored, 0);
  assert.equal((await snapshot(dovecot, 'mary.jones')).messages.length, 2);
});

test('rename-server: the same, and with the database lost reindex knows the new name from the store', async (t) => {
  const site = await waiting(t, 'sue');
  const server = { host: '127.0.0.1', tls: 'none', port: dovecot.port };
  await site.configure({
    accounts: [{ users: ['sue'], server: 'new', passwordFile }],
    extra: { servers: { new: server } },
  });
  assertExit(await site.run(['rename-server', 'main', 'new', '--yes']), 0);
  await site.removeDatabase();
  assertExit(await site.run(['reindex']), 0);
  assertExit(await site.run(['verify']), 0);
  await assertGoesOn(site, 'sue', { server: 'new', account: 'sue' });
  const [alias] = findFiles(join(site.archiveDir, '.mothball/aliases'), '.json');
  const { kind, from, to } = JSON.parse(readFileSync(alias ?? '', 'utf8'));
  assert.deepEqual(
    { kind, from, to },
    { kind: 'alias', from: { server: 'main', account: null }, to: { server: 'new', account: null } },
  );
});

test('who gets a name that was given up is another account: its archives keep the name, also after a reindex', async (t) => {
  const site = await waiting(t, 'info');
  await rename(join(dovecot.mailDir, 'info'), join(dovecot.mailDir, 'info.old'));
  await site.configure({ users: ['info.old'] });
  assertExit(await site.run(['rename-account', 'info', 'info.old', '--yes']), 0);
  await seedByAppend(dovecot, 'info', [note('new', 500)]);
  await site.configure({ users: ['info', 'info.old'] });
  assertExit(await site.run(['run', '--account', 'info', '--yes'], { clock: clockOffBy(1) }), 0);
  await site.removeDatabase();
  assertExit(await site.run(['reindex'], { clock: clockOffBy(1) }), 0);
  const { archives } = await site.json<ArchivesDocument>(['archives']);
  assert.deepEqual(archives.map(({ account }) => account).toSorted(), ['info', 'info.old', 'info.old']);
  // Both have archives now: they are not made one.
  await site.configure({ users: ['info'] });
  const refused = await site.run(['rename-account', 'info.old', 'info', '--yes'], { clock: clockOffBy(1) });
  assertExit(refused, 1);
  assert.match(said(refused), /there are archives of info on main already/);
  // And nothing of the attempt is left in the store for a reindex to believe.
  await site.removeDatabase();
  assertExit(await site.run(['reindex'], { clock: clockOffBy(1) }), 0);
  const known = await site.json<ArchivesDocument>(['archives']);
  assert.deepEqual(known.archives.map(({ account }) => account).toSorted(), ['info', 'info.old', 'info.old']);
});

test('killed at any fail point, a rename is finished by the next one', async (t) => {
  for (const at of [1, 2]) {
    const user = `killed${at}`;
    const site = await waiting(t, user);
    await rename(join(dovecot.mailDir, user), join(dovecot.mailDir, `${user}.new`));
    await site.configure({ users: [`${user}.new`] });
    const args = ['rename-account', user, `${user}.new`, '--yes'];
    const killed = await site.runProcess(args, { env: { MOTHBALL_FAILPOINT: String(at) } });
    assert.equal(killed.signal, 'SIGKILL');
    assertExit(await site.run(args), 0);
    await site.removeDatabase();
    assertExit(await site.run(['reindex']), 0);
    assertExit(await site.run(['verify']), 0);
    await assertGoesOn(site, `${user}.new`, { server: 'main', account: `${user}.new` });
  }
});
