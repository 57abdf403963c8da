/** A small fleet on a real Dovecot with archived mail, watched by a real daemon. */
import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type Daemon, startDaemon, until } from '../integration/daemon.ts';
import { assertExit, makeSite, policy, type Site } from '../integration/installation.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { attached, controlling, large, scripted } from './hostile.ts';

export const token = 'status-token-of-this-test';
export const mailToken = 'mail-token-of-this-test';
export const restoreToken = 'restore-token-of-this-test';
export const users = ['alice@example.com', 'bob@example.com', 'carol@example.com'] as const;

export interface Fleet {
  readonly site: Site;
  readonly daemon: Daemon;
  /** Of the web server, without a slash at its end. */
  readonly url: string;
  stop(): Promise<void>;
}

const mebi = 1024 * 1024;

/** `http` of a page with everything that it has. `writeTokens` makes its files. */
export const wholePage = {
  listen: '127.0.0.1:0',
  auth: { tokenFile: './token', mailTokenFile: './mail-token', restoreTokenFile: './restore-token' },
  mail: true,
  restore: true,
  metrics: { auth: { tokenFile: './token' } },
  owners: true,
} as const;

export async function writeTokens(site: Site): Promise<void> {
  await secret(site, 'token', token);
  await secret(site, 'mail-token', mailToken);
  await secret(site, 'restore-token', restoreToken);
}

/** Archived: alice's hostile mail, bob's in his grace. Alice is nearly full. */
export async function startFleet(): Promise<Fleet> {
  const stack = new AsyncDisposableStack();
  const dovecot = stack.adopt(await startDovecot({ quotaBytes: 20 * mebi }), (one) => one.stop());
  const [alice, bob, carol] = users;
  const young = Array.from({ length: 9 }, (_, index) =>
    note(`young ${index}`, 5 + index, { size: 2 * mebi }),
  );
  const letters = Array.from({ length: 60 }, (_, index) =>
    note(`Letter ${index} from the attic`, 500 + index),
  );
  await seedUser(dovecot, alice, [scripted, controlling, attached, large, ...letters, ...young]);
  await seedUser(dovecot, bob, [note('Bob waits', 500, { size: 9_000 }), note('Bob stays', 3)]);
  await seedUser(dovecot, carol, [note('Carol is new', 2)]);
  const site = stack.adopt(
    await makeSite({
      server: { port: dovecot.port },
      users,
      policies: [
        policy('archive-old', 365, { accounts: ['alice@*', 'carol@*'], schedule: '15 2 * * *' }),
        policy('keep-a-week', 365, { accounts: ['bob@*'], schedule: '0 4 * * 0', delete: { after: '7d' } }),
        policy('only-look', 30, { mode: 'plan' }),
      ],
      extra: { http: wholePage },
    }),
    (one) => one.remove(),
  );
  await writeTokens(site);
  assertExit(await site.run(['run', '--yes']), 0);
  growth(site);
  const daemon = stack.adopt(await startDaemon(site), (one) => one.stop().then(() => undefined));
  const { port } = await daemon.line(/^web server listens$/);
  const url = `http://127.0.0.1:${String(port)}`;
  await until(async () => (await ask(url, '/api/v1/quota', token)).accounts.every(wasScanned));
  return { site, daemon, url, stop: () => stack.disposeAsync() };
}

function wasScanned(account: { readonly roots: readonly unknown[] }): boolean {
  return account.roots.length > 0;
}

export async function secret(site: Site, name: string, value: string): Promise<void> {
  const path = join(site.dir, name);
  await writeFile(path, `${value}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
}

/** A document of the API, of any shape: the tests say what is in it. */
export type Answer = ReturnType<typeof JSON.parse>;

/** Asks the API. */
export async function ask(url: string, path: string, bearer: string): Promise<Answer> {
  const response = await fetch(url + path, { headers: { authorization: `Bearer ${bearer}` } });
  assert.equal(response.status, 200, `${path}: ${response.status}`);
  return await response.json();
}

/** As if scans had watched alice grow for three weeks, and runs had freed space on some days. */
function growth(site: Site): void {
  using database = new DatabaseSync(site.database);
  const now = Date.now();
  const dayMs = 86_400_000;
  const sample = database.prepare(
    `INSERT INTO samples VALUES ('main', ?, 'User quota', ?, ?, ?, NULL, NULL)`,
  );
  for (let day = 21; day >= 1; day--)
    sample.run(users[0], now - day * dayMs, (18 - day * 0.25) * mebi, 20 * mebi);
  const freed = database.prepare(`INSERT INTO days VALUES (?, 'archive-old', 10, ?, 10, ?)`);
  for (const day of [80, 61, 47, 30, 29, 12, 5])
    freed.run(Math.floor(now / dayMs) - day, day * mebi, day * mebi);
}
