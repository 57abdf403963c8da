/**
 * `store/`: places for archives, behind `ports/store.ts`. This file is a store in a directory;
 * `s3/store.ts` is one in a bucket. `durable-file.ts` makes files that survive a power cut, or no file
 * at all. `canary.ts` and `marker.ts` prove before each run that a store gives back what it was given
 * and is still the same store. An object is never overwritten.
 * May import `ports`, `domain`, `format` and `errors.ts`; only `s3/` imports the AWS client.
 */
import { type FileHandle, lstat, statfs, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bytes } from '../domain/brands.ts';
import { isError } from '../errors.ts';
import { readAll } from '../format/read-all.ts';
import type {
  ByteRange,
  ObjectLock,
  RemovableStore,
  SpoolFile,
  StoreHealth,
  StoreObject,
} from '../ports/store.ts';
import {
  createAtomically,
  createDurably,
  fsync,
  makeDirectories,
  type Sync,
  syncDirectory,
  syncExisting,
  systemCode,
  withoutNames,
} from './durable-file.ts';
import { checkLocal } from './local-check.ts';
import { localError } from './local-error.ts';
import { localFingerprint } from './local-fingerprint.ts';
import { localLeftovers } from './local-leftovers.ts';
import { listLocal } from './local-list.ts';
import { readLocal } from './local-read.ts';
import { markerKey, markerText, parseMarker } from './marker.ts';
import { keySegments } from './store-key.ts';

export interface LocalStoreOptions {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Allows deleting although the directory is on tmpfs, overlay or emptyDir. */
  readonly ephemeral: boolean;
  /** Allows a file system that cannot make the names of new files durable; default: false. */
  readonly unsyncedNames?: boolean;
}

/** A store in a directory. `sync` is fsync, except in tests of its failure. */
export function localStore(options: LocalStoreOptions, sync: Sync = fsync): RemovableStore {
  return new LocalStore(options, sync);
}

class LocalStore implements RemovableStore {
  readonly name: string;
  readonly kind = 'local';
  readonly exclusive = true;
  readonly maxObjectBytes = null;
  readonly clockAheadMs = null;
  readonly #options: LocalStoreOptions;
  /** As the file system has it. */
  readonly #fileSync: Sync;
  /** As this store needs it. */
  readonly #sync: Sync;

  constructor(options: LocalStoreOptions, sync: Sync) {
    this.name = options.name;
    this.#options = options;
    this.#fileSync = sync;
    this.#sync = options.unsyncedNames === true ? withoutNames(sync) : sync;
  }

  async marker(): Promise<string | null> {
    try {
      return parseMarker(this.name, await readAll(this.read(markerKey)));
    } catch (error) {
      if (isError(error, 'missing')) return null;
      throw error;
    }
  }

  async writeMarker(uuid: string): Promise<void> {
    await this.#attempt('create', markerKey, () =>
      makeDirectories(this.#options.path, this.#options.path, this.#sync),
    );
    await this.putBytes(markerKey, markerText(uuid));
  }

  check(now: Date): Promise<StoreHealth> {
    return checkLocal(this, { ...this.#options, sync: this.#fileSync }, now);
  }

  async putFile(key: string, file: SpoolFile): Promise<StoreObject> {
    const path = this.#path(key);
    await this.#attempt('write', key, async () => {
      await this.#makeParent(path);
      await createDurably(path, (target) => copyFrom(file, target), this.#sync);
    });
    return { key, bytes: file.bytes, version: null };
  }

  async putBytes(key: string, data: Uint8Array): Promise<StoreObject> {
    const path = this.#path(key);
    await this.#attempt('write', key, async () => {
      await this.#makeParent(path);
      await createAtomically(path, (target) => target.writeFile(data), this.#sync);
    });
    return { key, bytes: bytes(data.length), version: null };
  }

  async sync(key: string): Promise<void> {
    const path = this.#path(key);
    try {
      await syncExisting(path, this.#sync);
    } catch (error) {
      throw localError(this.name, 'read', key, error);
    }
  }

  async *read(key: string, range?: ByteRange): AsyncGenerator<Uint8Array> {
    const path = this.#path(key);
    try {
      yield* readLocal(path, range);
    } catch (error) {
      throw localError(this.name, 'read', key, error);
    }
  }

  async stat(key: string): Promise<StoreObject | null> {
    const path = this.#path(key);
    try {
      const found = await lstat(path);
      return found.isFile() ? { key, bytes: bytes(found.size), version: null } : null;
    } catch (error) {
      if (isAbsent(error)) return null;
      throw localError(this.name, 'look at', key, error);
    }
  }

  async fingerprint(key: string): Promise<string | null> {
    const path = this.#path(key);
    try {
      return await localFingerprint(path);
    } catch (error) {
      if (isAbsent(error)) return null;
      throw localError(this.name, 'look at', key, error);
    }
  }

  async *list(prefix: string): AsyncGenerator<StoreObject> {
    try {
      // An unmounted store must not look like an empty one.
      await lstat(this.#options.path);
      yield* listLocal(this.#options.path, prefix);
    } catch (error) {
      throw localError(this.name, 'list', prefix, error);
    }
  }

  listKept(prefix: string): AsyncGenerator<StoreObject> {
    return this.list(prefix);
  }

  async remove(key: string): Promise<void> {
    const path = this.#path(key);
    await this.#attempt('remove', key, async () => {
      await unlink(path);
      await syncDirectory(dirname(path), this.#sync);
    });
  }

  async lockOf(key: string): Promise<ObjectLock | null> {
    this.#path(key);
    return null;
  }

  async freeBytes(): Promise<number | null> {
    return statfs(this.#options.path).then(
      ({ bavail, bsize }) => bavail * bsize,
      () => null,
    );
  }

  async leftovers(prefix: string, before: Date, remove: boolean): Promise<readonly StoreObject[]> {
    try {
      return await localLeftovers(this.#options.path, prefix, before, remove ? this.#sync : null);
    } catch (error) {
      throw localError(this.name, remove ? 'remove' : 'list', prefix, error);
    }
  }

  #path(key: string): string {
    return join(this.#options.path, ...keySegments(key));
  }

  /** A store whose root is missing is not mounted: only `writeMarker` creates it. */
  async #makeParent(path: string): Promise<void> {
    await lstat(this.#options.path);
    await makeDirectories(dirname(path), this.#options.path, this.#sync);
  }

  async #attempt(action: string, key: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      throw localError(this.name, action, key, error);
    }
  }
}

async function copyFrom(file: SpoolFile, target: FileHandle): Promise<void> {
  let copied = 0;
  for await (const piece of readLocal(file.path, undefined)) {
    await target.writeFile(piece);
    copied += piece.length;
  }
  if (copied !== file.bytes) throw new Error(`the spool file has ${copied} bytes instead of ${file.bytes}`);
}

function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
