/** Quotas of all accounts from one request to Dovecot's doveadm, in place of a login to each. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startDaemon } from '../integration/daemon.ts';
import { assertExit, makeSite, policy, said, type Site } from '../integration/installation.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { freePort } from '../servers/free-port.ts';
import { listen, portOf } from './http.ts';

interface Quota {
  readonly accounts: readonly {
    readonly account: string;
    readonly roots: readonly object[];
    readonly folders: readonly object[];
    readonly foldersAt: string | null;
  }[];
}

/** What each user's userdb says: with limits of bytes, of messages, of two roots, and with none. */
const users = {
  'amy@example.com': ['quota_rule=*:bytes=1048576'],
  'bob@example.com': ['quota_rule=*:messages=10', 'quota_rule2=Trash:ignore'],
  'eve@example.com': [],
  'joe@example.com': ['quota_rule=*:storage=5M', 'quota2_rule=*:messages=7'],
  'sue@example.com': ['quota_rule=*:bytes=1', 'quota2_rule=*:storage=3G'],
  'tim_o@example.com': ['quota_rule=*:storage=1M:messages=0'],
};

async function startSite(t: TestContext): Promise<{ readonly dovecot: Dovecot; readonly site: Site }> {
  const port = await freePort();
  const dovecot = await startDovecot({
    quotaBytes: null,
    userFields: users,
    extraConfig: `doveadm_password = secret
service doveadm {
  inet_listener http {
    port = ${port}
  }
}
plugin {
  quota2 = count:Second quota
  quota3 = count:Staff quota:hidden
  quota3_rule = *:bytes=99999999
}`,
  });
  t.after(() => dovecot.stop());
  for (const [index, user] of Object.keys(users).entries())
    await seedUser(
      dovecot,
      user,
      Array.from({ length: index + 1 }, () => note('old', 500)),
    );
  const doveadm = {
    url: `http://127.0.0.1:${port}/doveadm/v1`,
    passwordFile: './doveadm-password',
    ignoreRoots: ['Staff quota'],
  };
  const site = await makeSite({
    server: { port: dovecot.port, doveadm },
    users: Object.keys(users),
    policies: [],
  });
  t.after(() => site.remove());
  await writeFile(join(site.dir, 'doveadm-password'), 'secret', { mode: 0o600 });
  return { dovecot, site };
}

const loginsOf = async ({ dir }: Dovecot): Promise<number> =>
  (await readFile(join(dir, 'dovecot.log'), 'utf8')).split('imap-login: Info: Login').length - 1;

test('what doveadm lists is what GETQUOTAROOT reports, for each kind of user, and costs no login', async (t) => {
  const { dovecot, site } = await startSite(t);
  const before = await loginsOf(dovecot);
  const listed = await site.json<Quota>(['quota']);
  assert.equal(await loginsOf(dovecot), before, 'logged in');
  const read = await site.json<Quota>(['quota', '--folders']);
  assert.equal(await loginsOf(dovecot), before + Object.keys(users).length);
  const rootsOf = ({ accounts }: Quota) => accounts.map(({ account, roots }) => ({ account, roots }));
  assert.deepEqual(rootsOf(listed), rootsOf(read));
  const roots = Object.fromEntries(listed.accounts.map((one) => [one.account, one.roots.length]));
  assert.deepEqual(Object.values(roots), [2, 2, 0, 2, 2, 2]);
  assert.ok(listed.accounts.every(({ folders, foldersAt }) => folders.length === 0 && foldersAt === null));

  const scans = await site.json<{
    readonly accounts: readonly { readonly roots: number; readonly folders: number | null }[];
  }>(['scan']);
  assert.deepEqual(
    scans.accounts.map(({ roots: count, folders }) => [count, folders]),
    Object.values(roots).map((count) => [count, null]),
  );
  await site.json(['scan', '--folders']);
  const again = await site.json<Quota>(['quota']);
  assert.deepEqual(rootsOf(again), rootsOf(read));
  assert.ok(again.accounts.every(({ folders, foldersAt }) => folders.length > 0 && foldersAt !== null));
});

test('an account that doveadm does not list, and all of them when it fails, are read by logging in', async (t) => {
  const { dovecot, site } = await startSite(t);
  const everyone = [...Object.keys(users), 'AMY@example.com'];
  const accounts = [{ users: everyone, server: 'main', passwordFile: './password' }];
  const limited = { user: 'eve@example.com', server: 'main', passwordFile: './password', quota: '1GiB' };
  await site.configure({
    accounts: [{ ...accounts[0], users: everyone.filter((user) => user !== limited.user) }, limited],
  });
  const before = await loginsOf(dovecot);
  const result = await site.run(['scan']);
  assertExit(result, 0);
  assert.match(
    said(result),
    /server "main": doveadm reports no usable quota of 2 accounts, read by logging in: AMY@example\.com, eve@example\.com/,
  );
  // The limit of mothball.yaml needs a second session.
  assert.ok((await loginsOf(dovecot)) - before <= 3);
  const eve = await site.json<Quota>(['quota', '--account', 'eve*']);
  assert.match(JSON.stringify(eve.accounts[0]?.roots), /"configured limit".*1073741824/);

  const amy = await site.json<Quota>(['quota', '--account', 'amy*', '--folders']);
  await writeFile(join(site.dir, 'doveadm-password'), 'wrong');
  const refused = await site.run(['quota', '--account', 'amy*', '--json']);
  assertExit(refused, 0);
  const fallback: Quota = JSON.parse(refused.stdout);
  assert.deepEqual(fallback.accounts[0]?.roots, amy.accounts[0]?.roots);
  assert.match(refused.stderr, /its quotas can't be read from doveadm \(127\.0\.0\.1:\d+ answers 401/);
});

test('the daemon scans accounts without logging in to them, and says once whom it has to', async (t) => {
  const { dovecot, site } = await startSite(t);
  await site.configure({
    accounts: [
      { users: [...Object.keys(users), 'AMY@example.com'], server: 'main', passwordFile: './password' },
    ],
    extra: {
      scan: { schedule: '0 0 1 1 *', folders: '0 0 1 1 *' },
      http: { listen: '127.0.0.1:0' },
      log: { level: 'info' },
    },
  });
  const count = (what: string): number => {
    using database = new DatabaseSync(site.database);
    return Number(database.prepare(`SELECT count(*) AS n FROM ${what}`).get()?.['n']);
  };
  const scanned = (): number => count('scans');
  const daemon = await startDaemon(site);
  t.after(() => daemon.stop());
  await until(() => scanned() === 7 && count("done WHERE job = 'scan folders'") === 1);
  assert.equal(await daemon.stop(), 143);
  {
    // What was not read yet is read at the start; the folders were, a moment ago.
    using database = new DatabaseSync(site.database);
    database.exec('DELETE FROM scans');
  }
  const before = await loginsOf(dovecot);
  const second = await startDaemon(site);
  t.after(() => second.stop());
  await second.line(/doveadm reports no usable quota of 1 account, read by logging in: AMY@example\.com/);
  await until(() => scanned() === 7);
  await second.stop();
  assert.equal((await loginsOf(dovecot)) - before, 1);
});

async function until(is: () => boolean): Promise<void> {
  while (!is()) await sleep(20);
}

test('a drain goes by what the server reports over IMAP, whatever doveadm says', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  const user = 'alice@example.com';
  await seedUser(dovecot, user, [note('old', 500), note('older', 700)]);
  const full = { username: user, root: 'User quota', type: 'STORAGE', value: '2097152', limit: '2097152' };
  let asked = 0;
  const server = await listen(() => {
    asked += 1;
    return { status: 200, body: JSON.stringify([['doveadmResponse', [full], 'mothball']]) };
  });
  t.after(() => server.close());
  const site = await makeSite({
    server: {
      port: dovecot.port,
      doveadm: { url: `http://127.0.0.1:${portOf(server)}/doveadm/v1`, passwordFile: './password' },
    },
    users: [user],
    policies: [policy('drain', 30, { when: { quotaAbove: '90%' }, drainTo: '10%', delete: {} })],
  });
  t.after(() => site.remove());
  const { accounts } = await site.json<{ readonly accounts: readonly { readonly percent: number }[] }>([
    'quota',
  ]);
  assert.equal(accounts[0]?.percent, 100);
  assertExit(await site.run(['scan']), 0);
  assert.equal(asked, 2);
  assertExit(await site.run(['run', '--yes']), 0);
  assert.equal(site.archives().length, 0);
  const after = await site.json<{ readonly accounts: readonly { readonly folders: readonly object[] }[] }>([
    'quota',
    '--folders',
  ]);
  assert.match(JSON.stringify(after.accounts[0]?.folders), /"INBOX","messages":2/);
});
