import { randomUUID } from 'node:crypto';
import { isError, MothballError } from '../errors.ts';
import { isManifestKey } from '../format/archive-key.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { Decryption, Encryption, Keys } from '../ports/encryption.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { Store, StoreHealth } from '../ports/store.ts';

/**
 * Lets a store be used for archiving and deleting only after SAFETY step 1: it is the store that
 * the catalog knows, its canary came back, and it will outlive a restart. Once per gate and
 * store: one found unfit stays off as long as the gate is used, which is to the end of a command,
 * and in a daemon for ten minutes.
 */
export class StoreGate {
  readonly #stores: ReadonlyMap<string, Store>;
  readonly #catalog: Catalog;
  readonly #clock: Clock;
  readonly #warn: (line: string) => void;
  readonly #keys: Keys;
  readonly #opened = new Map<string, Promise<Store>>();

  constructor(
    stores: ReadonlyMap<string, Store>,
    catalog: Catalog,
    clock: Clock,
    warn: (line: string) => void,
    keys: Keys = { encryptions: new Map(), decryption: null },
  ) {
    this.#stores = stores;
    this.#catalog = catalog;
    this.#clock = clock;
    this.#warn = warn;
    this.#keys = keys;
  }

  /**
   * The store, fit for writing and for deleting against; its marker is looked at each time, for a
   * volume may go away in mid-run. @throws `store`, `database` with the remedy.
   */
  async open(name: string): Promise<Store> {
    const known = this.#opened.get(name);
    const opening = known ?? this.#check(this.find(name));
    if (known === undefined) this.#opened.set(name, opening);
    const store = await opening;
    if (known !== undefined) await this.recognise(store);
    return store;
  }

  /** The store as configured, unchecked: for reading only. */
  find(name: string): Store {
    const store = this.#stores.get(name);
    if (store === undefined) {
      throw new MothballError(
        `store "${name}" is not in mothball.yaml any more; nothing was done with its archives. Add it again or choose another store.`,
        { code: 'store' },
      );
    }
    return store;
  }

  /** What the archives of a store are encrypted with; null: nothing. */
  encryption(name: string): Encryption | null {
    return this.#keys.encryptions.get(name) ?? null;
  }

  /** What opens encrypted archives, where this process was given an identity. */
  get decryption(): Decryption | null {
    return this.#keys.decryption;
  }

  /**
   * Why nothing may be deleted on the word of an archive, however whole it is: nobody has shown yet
   * that those it is encrypted to can decrypt. Null: it may.
   */
  async unreadable({
    store,
    encryption,
  }: Pick<ArchiveRecord, 'store' | 'encryption'>): Promise<string | null> {
    if (encryption === null) return null;
    if ((await this.#catalog.readableSince(store, encryption.recipients)) !== null) return null;
    const current = this.encryption(store)?.fingerprint === encryption.recipients;
    const remedy = current
      ? 'Run `mothball validate --identity FILE` with the identity of a recipient'
      : 'Its recipients have changed since: run `mothball verify --identity FILE` with an identity of those it had';
    return `nothing of store "${store}" is deleted: its archives are encrypted, and no identity has been shown to decrypt them. The mail is archived and stays on the server. ${remedy}.`;
  }

  /** What `open` would find, for a person who asks. Writes nothing but the canary of the day. */
  async inspect(name: string): Promise<StoreHealth> {
    const store = this.find(name);
    try {
      const known = await this.recognise(store);
      if (!known && (await isUsed(store))) throw this.#unknown(store);
      if (!known && store.kind === 'local')
        return { refusals: [], warnings: [], facts: ['is new: the first run creates and checks it'] };
      return await store.check(this.#clock.now());
    } catch (error) {
      if (!isError(error)) throw error;
      return { refusals: [error.message], warnings: [], facts: [] };
    }
  }

  async #check(store: Store): Promise<Store> {
    await this.#identify(store);
    const health = await store.check(this.#clock.now());
    for (const warning of health.warnings) this.#warn(`store ${store.name}: ${warning}`);
    if (health.refusals.length > 0) {
      throw new MothballError(
        `store "${store.name}" is off, nothing is archived to it and nothing is deleted: ${health.refusals.join('; ')}`,
        { code: 'store' },
      );
    }
    return store;
  }

  /** @throws `store` when a store that the catalog knows has not the marker it had. False: not known. */
  async recognise(store: Store): Promise<boolean> {
    const known = await this.#catalog.storeMarker(store.name);
    if (known === null) return false;
    const marker = await store.marker();
    if (marker !== known) {
      const found = marker === null ? 'has no marker' : 'carries the marker of another store';
      throw new MothballError(
        `store "${store.name}" is off: it ${found}, so its volume is not mounted or it was replaced. Nothing was archived or deleted. Mount the right volume; if the store was replaced on purpose, run \`mothball reindex --new-store\`.`,
        { code: 'store' },
      );
    }
    return true;
  }

  async #identify(store: Store): Promise<void> {
    if (await this.recognise(store)) return;
    if (await isUsed(store)) throw this.#unknown(store);
    const fresh = randomUUID();
    await store.writeMarker(fresh);
    await this.#catalog.setStoreMarker(store.name, fresh);
  }

  #unknown(store: Store): MothballError {
    return new MothballError(
      `store "${store.name}" holds archives that this database does not know: the database is new or was lost. Nothing was archived or deleted. Run \`mothball reindex\` first.`,
      { code: 'database' },
    );
  }
}

async function isUsed(store: Store): Promise<boolean> {
  return (await store.marker()) !== null || (await holdsArchives(store));
}

async function holdsArchives(store: Store): Promise<boolean> {
  try {
    for await (const { key } of store.list('')) if (isManifestKey(key)) return true;
    return false;
  } catch (error) {
    // The directory of a store that was never used does not exist yet.
    if (isError(error, 'missing')) return false;
    throw error;
  }
}
