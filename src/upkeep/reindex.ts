/**
 * `upkeep/`: keeps what Mothball knows in step with what exists. `reindex.ts` rebuilds the catalog of
 * a store, `scrub.ts` reads old archives again, `scan.ts` records quota and folder sizes, and
 * `prove-readable.ts` shows that an identity decrypts what a store encrypts. None of them deletes
 * mail or removes an archive.
 * May import `archive`, `read`, `preflight`, `work` and what is below the rooms.
 */
import { randomUUID } from 'node:crypto';
import type { Sha256 } from '../domain/brands.ts';
import { errorMessage, isError } from '../errors.ts';
import {
  attemptOf,
  isArchiveKey,
  isEncryptedKey,
  isManifestKey,
  manifestKey,
  receiptPrefix,
} from '../format/archive-key.ts';
import { aliasDirectory, parseAlias } from '../format/alias-record.ts';
import type { Manifest } from '../format/manifest-types.ts';
import { parseManifest } from '../format/manifest-parse.ts';
import { digestOf } from '../format/object-digest.ts';
import { readAll } from '../format/read-all.ts';
import type { Clock } from '../ports/clock.ts';
import type { Decryption } from '../ports/encryption.ts';
import type { Progress } from '../ports/progress.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';
import { decrypted } from '../read/open-archive.ts';
import { applyReceipts, type DamagedKey, type IndexedArchive } from './apply-receipts.ts';
import { type ReindexedStore, requireSameStore, settleOwner } from './reindexed-store.ts';

export interface ReindexReport {
  readonly store: string;
  readonly archives: number;
  readonly messages: number;
  /** Encrypted manifests that no identity opened and that the catalog does not know; they also count as damaged. */
  readonly unread: number;
  /** Objects without a manifest: an interrupted run will adopt them, or `expire` remove them. */
  readonly orphans: readonly string[];
  /** Manifests of archives that an interrupted `expire` will continue to remove: they stay expired. */
  readonly expired: readonly string[];
  readonly damaged: readonly DamagedKey[];
  /** Why this database may read the store but not write to it, because another one does; null: it may. */
  readonly foreign: string | null;
}

/** The caller holds the lock of the store. */
export interface ReindexInput extends ReindexedStore {
  readonly clock: Clock;
  readonly progress: Progress;
  /** Null: encrypted manifests are reported as damaged, and their archives stay as the catalog has them. */
  readonly decryption: Decryption | null;
}

/**
 * Rebuilds the catalog of one store from its manifests and receipts (SAFETY I7). What it finds is
 * sealed, not verified: nothing is deleted because of it before it was read back.
 */
export async function reindex(input: ReindexInput): Promise<ReindexReport> {
  const { store, catalog, clock } = input;
  await requireSameStore(input);
  const foreign = await settleOwner(input);
  // Asked before the store is listed: what a run adds meanwhile must not look missing.
  const known = await catalog.archives({ store: store.name, states: ['sealed', 'verified', 'quarantined'] });
  const keys = await listKeys(store);
  const badAliases = await readAliases(input);
  const { indexed, messages, expired, unread, damaged } = await indexManifests(input, keys, known);
  damaged.push(...badAliases);
  for (const one of await applyReceipts(input, keys.receipts, indexed)) damaged.push(one);
  for (const record of known) {
    if (keys.manifests.has(record.manifestKey)) continue;
    damaged.push({ key: record.manifestKey, reason: 'the manifest is missing from the store' });
    await catalog.setArchiveState(record.id, 'quarantined', 'its manifest is missing from the store');
  }
  // A store with archives that the catalog does not know stays disabled until it knows them.
  await input.permit.prove();
  if (unread === 0)
    await catalog.setStoreMarker(store.name, (await store.marker()) ?? (await newMarker(store)));
  await catalog.addAudit({
    at: clock.now(),
    who: 'reindex',
    action: 'reindex',
    account: null,
    detail: `${store.name}: ${indexed.size} archives`,
  });
  const orphans = [...keys.objects].filter((key) => !keys.manifests.has(manifestKey(key)));
  return { store: store.name, archives: indexed.size, messages, unread, orphans, expired, damaged, foreign };
}

interface StoreKeys {
  readonly manifests: ReadonlySet<string>;
  readonly objects: ReadonlySet<string>;
  readonly receipts: readonly string[];
}

async function listKeys(store: Store): Promise<StoreKeys> {
  const manifests = new Set<string>();
  const objects = new Set<string>();
  const receipts: string[] = [];
  for await (const { key } of store.list('')) {
    if (key.startsWith('.mothball/')) continue;
    if (isManifestKey(key)) manifests.add(key);
    else if (isArchiveKey(key)) objects.add(key);
    else if (key.endsWith('.json')) receipts.push(key);
  }
  return { manifests, objects, receipts };
}

interface IndexedManifests {
  /** By the prefix of their receipts. */
  readonly indexed: ReadonlyMap<string, IndexedArchive>;
  readonly messages: number;
  readonly expired: readonly string[];
  readonly unread: number;
  readonly damaged: DamagedKey[];
}

async function indexManifests(
  input: ReindexInput,
  { manifests, objects }: StoreKeys,
  known: readonly ArchiveRecord[],
): Promise<IndexedManifests> {
  const { store, catalog, progress } = input;
  const indexed = new Map<string, IndexedArchive>();
  const expired: string[] = [];
  const damaged: DamagedKey[] = [];
  let messages = 0;
  let unread = 0;
  progress.begin(`reindexing ${store.name}`, { messages: manifests.size, bytes: 0 }, 'archives');
  // Where one archive is stored under several names, the later one was made because the earlier was damaged.
  for (const key of [...manifests].toSorted(latestNameFirst)) {
    try {
      const { manifest, object } = await readObject(input, key);
      if ((await catalog.archive(manifest.head.id))?.state === 'expired') expired.push(key);
      else {
        if (manifestKey(manifest.head.key) !== key)
          throw new Error('it names the object of another manifest');
        if (!objects.has(manifest.head.key)) throw new Error(`its object ${manifest.head.key} is missing`);
        await catalog.addArchive(manifest, key, null, { manifestObject: object });
        const count = manifest.messages.length;
        indexed.set(receiptPrefix(manifest.head.key), { head: manifest.head, messages: count });
        messages += count;
      }
    } catch (error) {
      damaged.push({ key, reason: errorMessage(error) });
      if (isUnread(error) && !known.some((record) => record.manifestKey === key)) unread += 1;
    }
    progress.advance(1, 0);
  }
  progress.end();
  return { indexed, messages, expired, unread, damaged };
}

/** Accounts that have other names by now, before their archives are recorded. Returns what can't be read. */
async function readAliases({ store, catalog }: ReindexInput): Promise<readonly DamagedKey[]> {
  const damaged: DamagedKey[] = [];
  for await (const { key } of store.list(aliasDirectory)) {
    try {
      await catalog.addAlias(parseAlias(new TextDecoder().decode(await readAll(store.read(key)))));
    } catch (error) {
      damaged.push({ key, reason: errorMessage(error) });
    }
  }
  return damaged;
}

/** A manifest, and if it is encrypted, the digest of the object in the store. */
async function readObject(
  { store, decryption }: ReindexInput,
  key: string,
): Promise<{ readonly manifest: Manifest; readonly object: Sha256 | null }> {
  const object = await readAll(store.read(key));
  if (!isEncryptedKey(key)) return { manifest: await parseManifest(object), object: null };
  const plain = await readAll(decrypted(key, once(object), decryption));
  return { manifest: await parseManifest(plain), object: (await digestOf(once(object))).sha256 };
}

async function* once(data: Uint8Array): AsyncGenerator<Uint8Array> {
  yield data;
}

function isUnread(error: unknown): boolean {
  return isError(error, 'identity', 'refused');
}

/** `<id>-3.manifest…` before `<id>-2.manifest…` before `<id>.manifest…`. */
function latestNameFirst(a: string, b: string): number {
  return attemptOf(b) - attemptOf(a);
}

async function newMarker(store: Store): Promise<string> {
  const marker = randomUUID();
  await store.writeMarker(marker);
  return marker;
}
