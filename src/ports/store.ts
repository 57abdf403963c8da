import type { Bytes, Sha256 } from '../domain/brands.ts';

/** A file in the spool, complete, closed, mode 0600. */
export interface SpoolFile {
  readonly path: string;
  readonly bytes: Bytes;
  readonly sha256: Sha256;
}

export interface StoreObject {
  readonly key: string;
  readonly bytes: Bytes;
  /** Which version of the key it is, where the store keeps versions and the call reports them. */
  readonly version: string | null;
  /** When it was written last, by the store's own clock. Given by `list` where the store knows it. */
  readonly modified?: Date;
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Why a store may not be used, or what it can't promise. Empty `refusals`: usable. */
export interface StoreHealth {
  readonly refusals: readonly string[];
  readonly warnings: readonly string[];
  /** What it can and cannot promise, in plain words, for a person who asks. */
  readonly facts: readonly string[];
}

export interface ObjectLock {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE' | 'legal hold';
  readonly until: Date | null;
}

/**
 * Where archives live. Keys use `/`. Append-only (SAFETY I5): `put` never overwrites, and nothing
 * here removes. Errors are MothballError: `exists`, `missing`, `store`.
 */
export interface Store {
  readonly name: string;
  readonly kind: 'local' | 's3';
  /**
   * Whether it refuses a second object of one name by itself; known after `check`. Where not,
   * a name must be one that no other writer chooses.
   */
  readonly exclusive: boolean;
  /** Bytes of the largest object it takes; null: no limit of its own. */
  readonly maxObjectBytes: number | null;
  /**
   * By how much the store's own clock is ahead of ours, in milliseconds; null when it has none, or
   * none of its answers arrived yet.
   */
  readonly clockAheadMs: number | null;
  /** UUID of the store's marker object; null when it has none. @throws `store` when unreachable. */
  marker(): Promise<string | null>;
  /** Writes the marker of a new store. @throws `exists` when another process was first. */
  writeMarker(uuid: string): Promise<void>;
  /** May it be deleted against (SAFETY step 1)? Writes nothing but the canary of the day. */
  check(now: Date): Promise<StoreHealth>;
  /** Copies the spool file under a new name and makes it durable. @throws `exists`. */
  putFile(key: string, file: SpoolFile): Promise<StoreObject>;
  /** The same for bytes in memory, with an atomic appearance: the commit of manifests and receipts. */
  putBytes(key: string, data: Uint8Array): Promise<StoreObject>;
  /** Makes an object durable that a process killed before its fsync may have left. @throws `missing`. */
  sync(key: string): Promise<void>;
  /**
   * The object, or a range of it, in pieces: that version, or without one the object as it is now. The caller may free the pieces.
   * @throws `missing`. A short object is `verify`.
   */
  read(key: string, range?: ByteRange, version?: string | null): AsyncIterable<Uint8Array>;
  /** The object as it is now, with its version. */
  stat(key: string): Promise<StoreObject | null>;
  /**
   * What changes whenever the file of an object is written, renamed or replaced: its inode, size, mtime
   * and ctime. Null: the store has nothing like that, the file is not there, or it was changed so
   * recently that a change right now might not show.
   */
  fingerprint(key: string): Promise<string | null>;
  /** Objects whose key starts with the prefix, in key order; without their versions. */
  list(prefix: string): AsyncIterable<StoreObject>;
  /** What keeps an object from being removed; null: nothing does. Local stores know none. */
  lockOf(key: string): Promise<ObjectLock | null>;
  /** Bytes that may still be written; null: the store has no such bound, or it can't be read. Never throws. */
  freeBytes(): Promise<number | null>;
}

/** A store with the credentials that may remove: only `expire` and `erase` are given one (SAFETY I5). */
export interface RemovableStore extends Store {
  /**
   * Like `list`, but also keys whose object was removed while the store still keeps versions of it.
   * A store without versions may list none that `list` does not.
   */
  listKept(prefix: string): AsyncIterable<StoreObject>;
  /**
   * Removes an object with all that the store keeps of it, durably.
   * @throws `missing` when nothing is there, `store` when anything is left.
   */
  remove(key: string): Promise<void>;
  /**
   * What interrupted writes left below a prefix under no key of their own (partial files, unfinished
   * uploads) and was last touched before then; with `remove` it is removed.
   */
  leftovers(prefix: string, before: Date, remove: boolean): Promise<readonly StoreObject[]>;
}
