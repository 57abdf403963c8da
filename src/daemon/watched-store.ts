import { isError } from '../errors.ts';
import type {
  ByteRange,
  ObjectLock,
  RemovableStore,
  SpoolFile,
  StoreHealth,
  StoreObject,
} from '../ports/store.ts';

/** Is shown each write; `fault` null: it succeeded. */
export type WriteListener = (
  store: string,
  write: { readonly bytes: number; readonly fault: string | null },
) => void;

/** A store whose writes are observed. Everything else is passed on as it is. */
export class WatchedStore implements RemovableStore {
  readonly #store: RemovableStore;
  readonly #wrote: WriteListener;

  constructor(store: RemovableStore, wrote: WriteListener) {
    this.#store = store;
    this.#wrote = wrote;
  }

  get name(): string {
    return this.#store.name;
  }

  get kind(): RemovableStore['kind'] {
    return this.#store.kind;
  }

  get exclusive(): boolean {
    return this.#store.exclusive;
  }

  get maxObjectBytes(): number | null {
    return this.#store.maxObjectBytes;
  }

  get clockAheadMs(): number | null {
    return this.#store.clockAheadMs;
  }

  marker(): Promise<string | null> {
    return this.#store.marker();
  }

  writeMarker(uuid: string): Promise<void> {
    return this.#observed(0, () => this.#store.writeMarker(uuid));
  }

  check(now: Date): Promise<StoreHealth> {
    return this.#store.check(now);
  }

  putFile(key: string, file: SpoolFile): Promise<StoreObject> {
    return this.#observed(file.bytes, () => this.#store.putFile(key, file));
  }

  putBytes(key: string, data: Uint8Array): Promise<StoreObject> {
    return this.#observed(data.length, () => this.#store.putBytes(key, data));
  }

  sync(key: string): Promise<void> {
    return this.#store.sync(key);
  }

  read(key: string, range?: ByteRange, version?: string | null): AsyncIterable<Uint8Array> {
    return this.#store.read(key, range, version);
  }

  stat(key: string): Promise<StoreObject | null> {
    return this.#store.stat(key);
  }

  fingerprint(key: string): Promise<string | null> {
    return this.#store.fingerprint(key);
  }

  list(prefix: string): AsyncIterable<StoreObject> {
    return this.#store.list(prefix);
  }

  lockOf(key: string): Promise<ObjectLock | null> {
    return this.#store.lockOf(key);
  }

  freeBytes(): Promise<number | null> {
    return this.#store.freeBytes();
  }

  listKept(prefix: string): AsyncIterable<StoreObject> {
    return this.#store.listKept(prefix);
  }

  remove(key: string): Promise<void> {
    return this.#store.remove(key);
  }

  leftovers(prefix: string, before: Date, remove: boolean): Promise<readonly StoreObject[]> {
    return this.#store.leftovers(prefix, before, remove);
  }

  async #observed<T>(bytes: number, write: () => Promise<T>): Promise<T> {
    try {
      const result = await write();
      this.#wrote(this.name, { bytes, fault: null });
      return result;
    } catch (error) {
      // A name that is taken says nothing of the store.
      if (isError(error, 'store')) this.#wrote(this.name, { bytes, fault: error.message });
      throw error;
    }
  }
}
