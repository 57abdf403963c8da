import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import {
  chmod,
  type FileHandle,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { bytes, sha256 } from '../../src/domain/brands.ts';
import { localStore } from '../../src/store/local.ts';
import { storeContract } from '../contract/store.ts';

let parent: string;
let root: string;
let count = 0;

before(async () => {
  parent = await mkdtemp(join(tmpdir(), 'store-'));
});
after(() => rm(parent, { recursive: true }));
beforeEach(() => {
  root = join(parent, `store-${++count}`);
});

const digest = sha256('0'.repeat(64));
const now = new Date('2026-05-06T07:08:09Z');

storeContract('in a directory', async () => {
  const path = join(await mkdtemp(join(parent, 'contract-')), 'deeper', 'root');
  return localStore({ name: 'local', path, ephemeral: true });
});

test('files are for the owner alone, and so are the directories', async () => {
  const store = localStore({ name: 'local', path: root, ephemeral: true });
  await store.writeMarker('4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c');
  await store.putBytes('a/b/c', Buffer.from('x'));
  for (const directory of ['', 'a', 'a/b', '.mothball']) {
    assert.equal((await stat(join(root, directory))).mode & 0o777, 0o700, directory);
  }
  assert.equal((await stat(join(root, 'a/b/c'))).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(join(root, 'a/b')), ['c']);
});

test('a store that is not mounted is refused, not created, and does not look empty', async () => {
  const store = localStore({ name: 'local', path: root, ephemeral: true });
  assert.match((await store.check(now)).refusals.join(), /does not exist: is the volume not mounted/);
  assert.equal(await store.marker(), null);
  await assert.rejects(store.putBytes('a/b', Buffer.from('x')), {
    code: 'store',
    message: /Check that it is mounted/,
  });
  await assert.rejects(
    async () => {
      for await (const object of store.list('')) assert.fail(object.key);
    },
    { code: 'missing' },
  );
  await assert.rejects(stat(root), { code: 'ENOENT' });
});

test('a file where the directory should be, and a damaged marker, are refused', async () => {
  await writeFile(root, 'x');
  const store = localStore({ name: 'local', path: root, ephemeral: true });
  assert.match((await store.check(now)).refusals.join(), /not a directory/);
  await rm(root);
  await store.writeMarker('4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c');
  await writeFile(join(root, '.mothball/store.json'), '{"uuid":');
  await assert.rejects(store.marker(), { code: 'store', message: /marker .* is damaged/ });
});

test('a canary that reads back wrong turns the store off', async () => {
  const store = localStore({ name: 'local', path: root, ephemeral: true });
  await store.writeMarker('4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c');
  await store.check(now);
  const [canary = ''] = await readdir(join(root, '.mothball/canary'));
  await truncate(join(root, '.mothball/canary', canary), 100);
  assert.match((await store.check(now)).refusals.join(), /reads back as something else/);
});

test('a directory open to everybody is warned of', async () => {
  const store = localStore({ name: 'local', path: root, ephemeral: true });
  await store.writeMarker('4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c');
  await chmod(root, 0o755);
  assert.match((await store.check(now)).warnings.join(), /open to every user/);
});

test('fsync that fails once leads to a new file, twice turns the store off; nothing stays behind', async () => {
  let failures = 1;
  const inodes: number[] = [];
  const store = localStore({ name: 'local', path: root, ephemeral: true }, async (file) => {
    const status = await file.stat();
    if (status.isDirectory()) return file.sync();
    inodes.push(status.ino);
    if (failures-- > 0) throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' });
    await file.sync();
  });
  failures = 0;
  await store.writeMarker('4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c');
  const path = join(parent, 'spool-file');
  await writeFile(path, 'mail');
  failures = 1;
  inodes.length = 0;
  await store.putFile('a/one', { path, bytes: bytes(4), sha256: digest });
  assert.equal(inodes.length, 2);
  assert.equal((await readFile(join(root, 'a/one'))).toString(), 'mail');
  for (const put of [
    () => store.putFile('a/two', { path, bytes: bytes(4), sha256: digest }),
    () => store.putBytes('a/two', Buffer.from('mail')),
  ]) {
    failures = 2;
    await assert.rejects(put(), { code: 'store', message: /fsync failed on two files in a row/ });
    assert.deepEqual(await readdir(join(root, 'a')), ['one']);
  }
});

for (const code of ['EINVAL', 'ENOTSUP', 'EBADF']) {
  test(`a file system that answers ${code} to fsync of a directory is refused once and for all, unless that is accepted`, async () => {
    const sync = async (file: FileHandle): Promise<void> => {
      if ((await file.stat()).isDirectory())
        throw Object.assign(new Error(`${code}: invalid argument, fsync`), { code });
      await file.sync();
    };
    const options = { name: 'local', path: root, ephemeral: true };
    const accepted = localStore({ ...options, unsyncedNames: true }, sync);
    await accepted.writeMarker('4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c');
    const { warnings, refusals } = await accepted.check(now);
    assert.deepEqual(refusals, []);
    assert.match(warnings.join(), /cannot sync a directory/);
    await accepted.putBytes('a/kept', Buffer.from('mail'));
    await accepted.sync('a/kept');

    const refused = localStore(options, sync);
    assert.match(
      (await refused.check(now)).refusals.join(),
      /cannot sync a directory .* unsyncedNames: true/,
    );
    for (let attempt = 1; attempt <= 3; attempt += 1)
      await assert.rejects(refused.putBytes('a/new', Buffer.from('mail')), { code: 'store' });
    assert.deepEqual(await readdir(join(root, 'a')), ['kept']);
    await accepted.remove('a/kept');
  });
}

test('an EINVAL of a file is never taken for one of a directory', async () => {
  const store = localStore(
    { name: 'local', path: root, ephemeral: true, unsyncedNames: true },
    async (file) => {
      if (!(await file.stat()).isDirectory())
        throw Object.assign(new Error('EINVAL, fsync'), { code: 'EINVAL' });
    },
  );
  await assert.rejects(store.writeMarker('4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c'), { code: 'store' });
});

test('a disk that fills up leaves nothing behind and says what to do', async () => {
  const store = localStore({ name: 'local', path: root, ephemeral: true }, async () => undefined);
  await store.writeMarker('4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c');
  const path = join(parent, 'spool-short');
  await writeFile(path, 'short');
  await assert.rejects(store.putFile('a/x', { path, bytes: bytes(9), sha256: digest }), { code: 'store' });
  const full = localStore({ name: 'local', path: root, ephemeral: true }, async () => {
    throw Object.assign(new Error('ENOSPC: no space left on device, fsync'), { code: 'ENOSPC' });
  });
  await assert.rejects(full.putBytes('a/y', Buffer.from('x')), { code: 'store', message: /ENOSPC/ });
  assert.deepEqual(await readdir(join(root, 'a')), []);
});

test('partial files of a crash are leftovers once they are old, and nothing else is', async () => {
  const store = localStore({ name: 'local', path: root, ephemeral: true });
  await store.writeMarker('4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c');
  await store.putBytes('a/b/whole', Buffer.from('x'));
  const old = new Date(now.getTime() - 86_400_000);
  for (const name of ['old.1.partial', 'young.1.partial']) await writeFile(join(root, 'a/b', name), 'xyz');
  for (const name of ['old.1.partial', 'whole']) await utimes(join(root, 'a/b', name), old, old);
  const expected = [{ key: 'a/b/old.1.partial', bytes: 3, version: null, modified: old }];
  assert.deepEqual(await store.leftovers('', now, false), expected);
  assert.deepEqual(await store.leftovers('a/c/', now, true), []);
  assert.deepEqual(await store.leftovers('', now, true), expected);
  assert.deepEqual(await store.leftovers('', now, true), []);
  assert.deepEqual(await readdir(join(root, 'a/b')), ['whole', 'young.1.partial']);
});
