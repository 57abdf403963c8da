import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bytes, sha256 } from '../../src/domain/brands.ts';
import { StoreOwnership } from '../../src/preflight/store-owner.ts';
import type { RemovableStore, SpoolFile } from '../../src/ports/store.ts';

const now = new Date('2026-05-06T07:08:09Z');

/**
 * What every store must do. `make` gives a new, empty store without a marker. `race: false`: writers
 * of one name at the same moment may all be let in, as versions of it.
 */
export function storeContract(
  name: string,
  make: () => Promise<RemovableStore>,
  { race = true }: { readonly race?: boolean } = {},
): void {
  describe(`the store ${name}`, () => {
    let store: RemovableStore;
    let spool: string;
    before(async () => {
      store = await make();
      spool = await mkdtemp(join(tmpdir(), 'spool-'));
    });
    after(() => rm(spool, { recursive: true }));

    async function spooled(data: Uint8Array): Promise<SpoolFile> {
      const path = join(spool, randomUUID());
      await writeFile(path, data);
      const digest = createHash('sha256').update(data).digest('hex');
      return { path, bytes: bytes(data.length), sha256: sha256(digest) };
    }

    test('has no marker until one is written, and keeps the first', async () => {
      assert.equal(await store.marker(), null);
      const uuid = randomUUID();
      await store.writeMarker(uuid);
      assert.equal(await store.marker(), uuid);
      await assert.rejects(store.writeMarker(randomUUID()), { code: 'exists' });
      assert.equal(await store.marker(), uuid);
    });

    test('makes an object that is there durable, and knows one that is not', async () => {
      await store.putBytes('a/durable', Buffer.from('x'));
      await store.sync('a/durable');
      await assert.rejects(store.sync('a/nothing'), { code: 'missing' });
    });

    test('gives back files and bytes, whole and in ranges', async () => {
      for (const data of [Buffer.alloc(0), Buffer.from('x'), randomBytes(3_000_000)]) {
        const [fileKey, bytesKey] = [`a/b/2026/${randomUUID()}.mbox`, `a/b/2026/${randomUUID()}.jsonl`];
        const put = [await store.putFile(fileKey, await spooled(data)), await store.putBytes(bytesKey, data)];
        for (const object of put) {
          const { key, version } = object;
          assert.ok((await readAll(store, key)).equals(data));
          assert.ok((await readAll(store, key, undefined, version)).equals(data));
          assert.deepEqual(object, { key, bytes: data.length, version });
          assert.deepEqual(await store.stat(key), object);
          const range = { offset: data.length >> 1, length: data.length >> 2 };
          const part = data.subarray(range.offset, range.offset + range.length);
          assert.ok((await readAll(store, key, range)).equals(part));
          await assert.rejects(readAll(store, key, { offset: 0, length: data.length + 1 }), {
            code: 'verify',
          });
          await assert.rejects(readAll(store, key, { offset: data.length + 5, length: 1 }), {
            code: 'verify',
          });
        }
      }
    });

    test('never overwrites', async () => {
      const key = `once/${randomUUID()}`;
      await store.putBytes(key, Buffer.from('first'));
      await assert.rejects(store.putBytes(key, Buffer.from('second')), { code: 'exists' });
      await assert.rejects(store.putFile(key, await spooled(Buffer.from('third'))), { code: 'exists' });
      assert.equal((await readAll(store, key)).toString(), 'first');
    });

    test('keeps what a writer of a name was told it keeps, however many write at once', async () => {
      const key = `race/${randomUUID()}`;
      const writers = Array.from({ length: 8 }, (_, index) =>
        store.putBytes(key, Buffer.from(`writer ${index}`)),
      );
      const results = await Promise.allSettled(writers);
      const won = results.filter((result) => result.status === 'fulfilled').length;
      if (race) assert.equal(won, 1);
      for (const [index, result] of results.entries()) {
        if (result.status === 'rejected') assert.equal(result.reason.code, 'exists');
        else {
          const kept = await readAll(store, key, undefined, result.value.version);
          assert.equal(kept.toString(), `writer ${index}`);
        }
      }
    });

    test('tells what is missing', async () => {
      await assert.rejects(readAll(store, 'no/such'), { code: 'missing' });
      await assert.rejects(store.remove('no/such'), { code: 'missing' });
      assert.equal(await store.stat('no/such'), null);
    });

    test('lists by prefix in key order, and forgets what is removed', async () => {
      const keys = ['l/a-b', 'l/a/c', 'l/a.d', 'l/b/1', 'l/b/2', 'la', 'l-/x'];
      for (const key of keys) await store.putBytes(key, Buffer.from(key));
      const expected = (prefix: string): string[] => keys.filter((key) => key.startsWith(prefix)).sort();
      for (const prefix of ['l', 'l/', 'l/a', 'l/a/', 'l/b', 'l/b/2', 'l/x']) {
        assert.deepEqual(await keysOf(store, prefix), expected(prefix), prefix);
      }
      await store.remove('l/b/1');
      assert.deepEqual(await keysOf(store, 'l/b/'), ['l/b/2']);
      assert.deepEqual(await keysOf(store, '.mothball/'), ['.mothball/store.json']);
    });

    test('belongs to the database that took it first, until another one takes it over', async () => {
      const clock = { now: () => now };
      const database = (id: string): StoreOwnership => {
        const quiet = async (): Promise<void> => undefined;
        const catalog = { databaseId: async () => id, nameDatabase: async () => id, addAudit: quiet };
        return new StoreOwnership(catalog, clock, { place: `host:/${id}.db`, directory: null });
      };
      const [first, second] = [database('first'), database('second')];
      await first.require(store);
      await first.claim(store);
      await first.claim(store);
      await assert.rejects(second.claim(store), { code: 'store', message: /first, host:\/first\.db/ });
      await second.takeOver(store, 'ann');
      await second.claim(store);
      await assert.rejects(first.require(store), { code: 'store', message: /second, host:\/second\.db/ });
      assert.equal((await keysOf(store, '.mothball/owner/')).length, 2);
    });

    test('tells what keeps an object from being removed, and nothing of one that is free', async () => {
      const key = `free/${randomUUID()}`;
      await store.putBytes(key, Buffer.from('x'));
      assert.equal(await store.lockOf(key), null);
      await store.remove(key);
      assert.equal(await store.stat(key), null);
    });

    test('whatever it tells of when an object was written is about now', async () => {
      const key = `dated/${randomUUID()}`;
      await store.putBytes(key, Buffer.from('x'));
      for await (const { modified } of store.list(key)) {
        if (modified !== undefined) assert.ok(Math.abs(modified.getTime() - Date.now()) < 3_600_000);
      }
    });

    test('finds no leftovers where every write ended', async () => {
      await store.putBytes(`whole/${randomUUID()}`, Buffer.from('x'));
      assert.deepEqual(await store.leftovers('', new Date(Date.now() + 3_600_000), true), []);
    });

    test('refuses keys that lead elsewhere', async () => {
      const hostile = [
        '',
        '/',
        '/etc/passwd',
        '../x',
        'a/../b',
        'a/./b',
        'a//b',
        'a/',
        '.',
        'a\0b',
        'a b',
        'a\\b',
        'ü',
      ];
      for (const key of [...hostile, 'a.partial', 'x'.repeat(300)]) {
        await assert.rejects(store.putBytes(key, Buffer.from('x')), { code: 'store' }, JSON.stringify(key));
        await assert.rejects(readAll(store, key), { code: 'store' }, JSON.stringify(key));
      }
    });

    test('knows of no lock on an object that was put without one', async () => {
      await store.putBytes('a/unlocked', Buffer.from('x'));
      assert.equal(await store.lockOf('a/unlocked'), null);
    });

    test('is usable, and writes one canary a day', async () => {
      for (let check = 0; check < 3; check++) assert.deepEqual((await store.check(now)).refusals, []);
      assert.equal((await keysOf(store, '.mothball/canary/2026-05-06-')).length, 1);
      await store.check(new Date(now.getTime() + 86_400_000));
      assert.equal((await keysOf(store, '.mothball/canary/')).length, 2);
    });
  });
}

async function readAll(
  store: RemovableStore,
  key: string,
  range?: { readonly offset: number; readonly length: number },
  version?: string | null,
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.read(key, range, version)) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function keysOf(store: RemovableStore, prefix: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}
