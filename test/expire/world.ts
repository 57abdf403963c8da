import { Buffer } from 'node:buffer';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openLocks } from '../../src/catalog/locks.ts';
import type { OpenedCatalog } from '../../src/catalog/open.ts';
import { openCatalog } from '../../src/catalog/sqlite.ts';
import { bytes, type Sha256 } from '../../src/domain/brands.ts';
import { MothballError } from '../../src/errors.ts';
import type { EraseWork } from '../../src/expire/erase.ts';
import type { ExpireOptions, ExpireWork } from '../../src/expire/expire.ts';
import { archiveId } from '../../src/format/archive-id.ts';
import { accountDirectory, manifestKey } from '../../src/format/archive-key.ts';
import type { Manifest } from '../../src/format/manifest-types.ts';
import { encodeManifest } from '../../src/format/manifest.ts';
import type { ObjectLock, RemovableStore } from '../../src/ports/store.ts';
import { StoreGate } from '../../src/preflight/store-gate.ts';
import { localStore } from '../../src/store/local.ts';
import { alice, day, manifest, message } from '../contract/catalog-samples.ts';
import { olderThan, policy } from '../domain/subjects.ts';

const released = new Date('2027-01-01T00:00:00Z');

/** A store with its catalog, and what `expire` works with. */
export interface ExpireSite {
  readonly store: RemovableStore;
  readonly work: ExpireWork;
  /** Puts an archive of one message with this number; verified, and created `age` days before now. */
  add(number: number, age: number): Promise<Manifest>;
  keys(): Promise<readonly string[]>;
}

const messageOf = (number: number) => message(number, { internalDate: day(1).toISOString() });

/** The ID of the archive that `add` puts for this number. */
export function idOf(number: number): Sha256 {
  const { head, messages } = manifest([messageOf(number)]);
  return archiveId(head, messages);
}

export const usual: ExpireOptions = {
  accounts: null,
  quarantined: false,
  liftLimits: false,
  orphans: false,
};

export async function expireSite(
  t: TestContext,
  wrap: (store: RemovableStore) => RemovableStore,
  opened: OpenedCatalog | null = null,
): Promise<ExpireSite> {
  const directory = await mkdtemp(join(tmpdir(), 'expire-'));
  const { catalog, locks } = opened ?? {
    catalog: await openCatalog(join(directory, 'a.db'), { mode: 'create' }),
    locks: openLocks(join(directory, 'locks')),
  };
  t.after(async () => {
    await catalog[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });
  const store = wrap(localStore({ name: 'local', path: join(directory, 'store'), ephemeral: true }));
  const marker = '4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c';
  await store.writeMarker(marker);
  await catalog.setStoreMarker('local', marker);
  const stores = new Map([['local', store]]);
  const clock = { now: () => released };
  const quiet = (): void => undefined;
  const work: ExpireWork = {
    store,
    gate: new StoreGate({ stores, catalog, clock, warn: quiet }),
    catalog,
    locks,
    clock,
    policies: [policy(olderThan(30), { retain: { count: 30, unit: 'd' } })],
    holds: [],
    accounts: [alice],
    maxPercent: 20,
    progress: { begin: quiet, advance: quiet, end: quiet, note: quiet },
    signal: new AbortController().signal,
    who: 'tester',
  };
  return {
    store,
    work,
    async add(number, age) {
      const id = idOf(number);
      const key = `${accountDirectory(alice)}/inbox-0123456789/2024/${id}.mbox.zst`;
      const created = new Date(released.getTime() - age * 86_400_000);
      const changes = { id, key, bytes: bytes(100), created: created.toISOString() };
      const made = manifest([messageOf(number)], changes);
      await store.putBytes(key, Buffer.alloc(100));
      await store.putBytes(manifestKey(key), await encodeManifest(made));
      await catalog.addArchive(made, manifestKey(key), null, { origin: 'sealed' });
      await catalog.markVerified(id, new Date(released.getTime() - 86_400_000), false);
      return made;
    },
    async keys() {
      const keys: string[] = [];
      for await (const { key } of store.list(accountDirectory(alice))) keys.push(key);
      return keys;
    },
  };
}

/** What erasing an account works with: the site's store, or this one in its place. */
export const eraseWork = ({ work, store }: ExpireSite, instead: RemovableStore = store): EraseWork => ({
  ...work,
  stores: new Map([['local', instead]]),
});

/** The store with some of its parts changed. */
export function changed(store: RemovableStore, parts: Partial<RemovableStore>): RemovableStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(name in parts ? parts : target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A local store in which keys with a certain part are locked, or can't be asked about. */
export const locking =
  (part: string, answer: ObjectLock | Error) =>
  (store: RemovableStore): RemovableStore =>
    changed(store, {
      async lockOf(key) {
        if (!key.includes(part)) return null;
        if (answer instanceof Error) throw answer;
        return answer;
      },
    });

/** The site with one old archive among young ones, and its work with a store that lets nobody remove such keys. */
export async function guarded(
  t: TestContext,
  part: string,
): Promise<{ readonly site: ExpireSite; readonly id: Sha256; readonly work: ExpireWork }> {
  const site = await expireSite(t, (store) => store);
  const { head } = await site.add(1, 40);
  for (let number = 2; number <= 10; number += 1) await site.add(number, 20);
  const { store } = site;
  const remove = async (key: string): Promise<void> => {
    if (key.includes(part)) throw new MothballError('403 AccessDenied', { code: 'store' });
    await store.remove(key);
  };
  return { site, id: head.id, work: { ...site.work, store: changed(store, { remove }) } };
}
