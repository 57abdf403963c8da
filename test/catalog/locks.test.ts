import assert from 'node:assert/strict';
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLocks } from '../../src/catalog/locks.ts';
import { alice, bob } from '../contract/catalog-samples.ts';
import { start } from './children/start.ts';
import { directory } from './directory.ts';

test('a lock is held once in a process, by whatever path, until it is released', async (t) => {
  const folder = await directory(t);
  const locks = openLocks(join(folder, 'locks'));
  const first = await locks.account(alice);
  assert.notEqual(first, null);
  await symlink(join(folder, 'locks'), join(folder, 'link'));
  assert.equal(await locks.account(alice), null);
  assert.equal(await openLocks(join(folder, 'link')).account(alice), null);
  await using other = await locks.account(bob);
  await using store = await locks.store('local');
  assert.ok(other !== null && store !== null);
  await first?.[Symbol.asyncDispose]();
  const second = await locks.account(alice);
  await first?.[Symbol.asyncDispose]();
  assert.equal(await locks.account(alice), null);
  await second?.[Symbol.asyncDispose]();
});

test('of two takers at once one gets the lock', async (t) => {
  const locks = openLocks(await directory(t));
  const taken = await Promise.all([locks.store('a'), locks.store('a'), locks.store('a')]);
  assert.equal(taken.filter((lock) => lock !== null).length, 1);
  for (const lock of taken) await lock?.[Symbol.asyncDispose]();
});

test('another process gets nothing while this one holds the lock, also after it was asked for here', async (t) => {
  const folder = await directory(t);
  const locks = openLocks(folder);
  const lock = await locks.account(alice);
  // A second take must not open the file: closing it again would drop the kernel's lock.
  assert.equal(await locks.account(alice), null);
  const refused = start(t, 'hold-lock.ts', [folder, alice.account]);
  await refused.ended();
  assert.deepEqual(refused.lines, ['null']);
  await lock?.[Symbol.asyncDispose]();
  const taker = start(t, 'hold-lock.ts', [folder, alice.account]);
  await taker.printed(1);
  assert.deepEqual(taker.lines, ['held']);
});

test('a holder keeps the lock while it is stopped, loses it by SIGKILL, and its file stays', async (t) => {
  const folder = await directory(t);
  const locks = openLocks(folder);
  const holder = start(t, 'hold-lock.ts', [folder, alice.account]);
  await holder.printed(1);
  assert.deepEqual(holder.lines, ['held']);
  assert.equal(await locks.account(alice), null);
  const files = await readdir(folder);
  holder.process.kill('SIGSTOP');
  await sleep(50);
  assert.match(await readFile(`/proc/${holder.process.pid}/stat`, 'utf8'), /\) T /);
  for (let turn = 0; turn < 3; turn += 1) assert.equal(await locks.account(alice), null);
  holder.process.kill('SIGKILL');
  await holder.ended();
  await using lock = await locks.account(alice);
  assert.notEqual(lock, null);
  assert.deepEqual(await readdir(folder), files);
});

test('a holder that ends in order frees the lock', async (t) => {
  const folder = await directory(t);
  const holder = start(t, 'hold-lock.ts', [folder, alice.account]);
  await holder.printed(1);
  holder.process.stdin.end();
  await holder.ended();
  await using lock = await openLocks(folder).account(alice);
  assert.notEqual(lock, null);
});

test('lock files are private, stay in their directory, and no two names share one', async (t) => {
  const folder = join(await directory(t), 'locks');
  const locks = openLocks(folder);
  const names = [
    '../x',
    'a/b',
    'a-b',
    'a b',
    'A-B',
    'a\0b',
    'ż'.normalize('NFC'),
    'ż'.normalize('NFD'),
    'n'.repeat(300),
  ];
  for (const account of names) {
    await using lock = await locks.account({ server: 'main', account });
    assert.notEqual(lock, null, account);
  }
  await using pair = await locks.account({ server: 'main-a', account: 'b' });
  assert.notEqual(pair, null);
  const files = await readdir(folder);
  assert.equal(files.length, names.length + 1);
  for (const file of files) {
    assert.match(file, /^account-[a-z0-9-]{1,61}-[0-9a-f]{16}\.lock$/);
    assert.equal((await stat(join(folder, file))).mode & 0o777, 0o600);
  }
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
});

test('a lock that can not be taken is an error, not a lock, and is tried anew', async (t) => {
  const folder = await directory(t);
  await assert.rejects(openLocks(join(folder, 'no', 'locks')).account(alice), { code: 'database' });
  const blocked = join(folder, 'file');
  await writeFile(blocked, '');
  await assert.rejects(openLocks(blocked).account(alice), { code: 'database' });
  const locks = openLocks(join(folder, 'locks'));
  await (await locks.account(alice))?.[Symbol.asyncDispose]();
  const [name = ''] = await readdir(join(folder, 'locks'));
  await writeFile(join(folder, 'locks', name), 'not a database, but long enough to look at\n'.repeat(100));
  await assert.rejects(locks.account(alice), { code: 'database' });
  await assert.rejects(locks.account(alice), { code: 'database' });
});
