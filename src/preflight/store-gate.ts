/**
 * `preflight/`: step 1 of the safe order, checked before anything is archived or deleted.
 * `store-gate.ts` lets a store be used only if it is the known one and fit, `store-owner.ts` only by one
 * database; `clock-check.ts` refuses an implausible clock, `pause.ts` is the kill switch.
 * May import only what is below the rooms.
 */
import { randomUUID } from 'node:crypto';
import { explain, isError, MothballError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { Decryption, Encryption, Keys } from '../ports/encryption.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { Store, StoreHealth } from '../ports/store.ts';
import { requireStoreClock } from './clock-check.ts';
import { type DatabaseWhere, StoreOwnership } from './store-owner.ts';
import { holdsArchives, isUsed, writeMarker } from './store-traces.ts';

/** The keys where no store is encrypted. */
const noKeys: Keys = { encryptions: new Map(), decryption: null };
const nowhere: DatabaseWhere = { place: '', directory: null };

export interface StoreGateParts {
  readonly stores: ReadonlyMap<string, Store>;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly warn: (line: string) => void;
  /** Left out: no store is encrypted. */
  readonly keys?: Keys;
  /** Where the database is. */
  readonly where?: DatabaseWhere;
  readonly verdict?: (store: string, fault: string | null) => void;
}

/**
 * Lets a store be used for archiving and deleting only after SAFETY step 1: it is the store that
 * the catalog knows, its canary came back, and it will outlive a restart. Checked
 * once per gate and store: an unfit store stays disabled while the gate is used, which is until the
 * end of a command, and in a daemon for ten minutes.
 */
export class StoreGate {
  readonly #stores: ReadonlyMap<string, Store>;
  readonly #catalog: Catalog;
  readonly #clock: Clock;
  readonly #warn: (line: string) => void;
  readonly #keys: Keys;
  readonly ownership: StoreOwnership;
  readonly #verdict: NonNullable<StoreGateParts['verdict']>;
  readonly #opened = new Map<string, Promise<Store>>();

  constructor({ stores, catalog, clock, warn, keys = noKeys, where = nowhere, verdict }: StoreGateParts) {
    this.ownership = new StoreOwnership(catalog, clock, where);
    this.#stores = stores;
    this.#catalog = catalog;
    this.#clock = clock;
    this.#warn = warn;
    this.#keys = keys;
    this.#verdict = verdict ?? (() => undefined);
  }

  /**
   * The store, fit for archiving, and for deleting mail that it holds. Its marker is checked each
   * time, because a volume may disappear during a run. @throws `store`, `database` with the remedy.
   */
  async open(name: string): Promise<Store> {
    try {
      const store = await this.#openChecked(name);
      this.#verdict(name, null);
      return store;
    } catch (error) {
      if (isError(error, 'store', 'database')) this.#verdict(name, error.message);
      throw error;
    }
  }

  async #openChecked(name: string): Promise<Store> {
    const known = this.#opened.get(name);
    const opening = known ?? this.#check(this.find(name));
    if (known === undefined) this.#opened.set(name, opening);
    const store = await opening;
    if (known !== undefined) await this.requireOurs(store);
    return store;
  }

  /** Whether the store is configured today. */
  has(name: string): boolean {
    return this.#stores.has(name);
  }

  /** The store as configured, unchecked; only for reading. */
  find(name: string): Store {
    const store = this.#stores.get(name);
    if (store === undefined) throw unknownStore(name);
    return store;
  }

  /** What new archives of a store are encrypted with; null: they are not encrypted. */
  encryption(name: string): Encryption | null {
    return this.#keys.encryptions.get(name) ?? null;
  }

  /** What decrypts archives; null: this process was given no identity. */
  get decryption(): Decryption | null {
    return this.#keys.decryption;
  }

  /**
   * Why no mail may be deleted based on an archive, however intact it is: no one has proved yet that
   * one of its recipients can decrypt it. Null: it may.
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
      : 'Its recipients have changed since then: run `mothball verify --identity FILE` with an identity of one of the old recipients';
    return explain({
      fact: `the archives in store "${store}" are encrypted, and no identity has been proved to decrypt them`,
      notDone: 'the mail is archived, but kept on the server',
      remedy,
    });
  }

  /** What `open` would find, for a person. Writes only the canary of the day. */
  async inspect(name: string): Promise<StoreHealth> {
    const store = this.find(name);
    try {
      const known = await this.requireOurs(store);
      if (!known && (await this.#begun(store)) === null && (await isUsed(store))) throw this.#unknown(store);
      if (!known && store.kind === 'local')
        return { refusals: [], warnings: [], facts: ['is new: the first run creates and checks it'] };
      return await store.check(this.#clock.now());
    } catch (error) {
      if (!isError(error)) throw error;
      return { refusals: [error.message], warnings: [], facts: [] };
    }
  }

  /** As `recognise`; and no other database writes to the store (SAFETY I6). @throws `store`. */
  async requireOurs(store: Store): Promise<boolean> {
    const known = await this.recognise(store);
    if (known) await this.ownership.require(store);
    return known;
  }

  async #check(store: Store): Promise<Store> {
    await this.#identify(store);
    await this.ownership.claim(store);
    const health = await store.check(this.#clock.now());
    requireStoreClock(store, 'nothing is archived to it and nothing is deleted');
    for (const warning of health.warnings) this.#warn(`store "${store.name}": ${warning}`);
    if (health.refusals.length > 0) {
      throw new MothballError(
        {
          fact: `store "${store.name}" is disabled: ${health.refusals.join('; ')}`,
          notDone: 'nothing is archived to it and nothing is deleted',
        },
        { code: 'store' },
      );
    }
    return store;
  }

  /** False: the catalog does not know the store. @throws `store` when it knows it with another marker. */
  async recognise(store: Store): Promise<boolean> {
    const known = await this.#catalog.storeMarker(store.name);
    if (known === null) return false;
    const marker = await store.marker();
    if (marker !== known) {
      const found = marker === null ? 'has no marker' : 'has the marker of another store';
      throw new MothballError(
        {
          fact: `store "${store.name}" is disabled: it ${found}, so its volume is not mounted or it was replaced`,
          notDone: 'nothing was archived or deleted',
          remedy:
            'Mount the right volume; if the store was replaced on purpose, run `mothball reindex --new-store`',
        },
        { code: 'store' },
      );
    }
    return true;
  }

  async #identify(store: Store): Promise<void> {
    if (await this.recognise(store)) return;
    const begun = await this.#begun(store);
    if (begun !== null) return this.#catalog.setStoreMarker(store.name, begun);
    if (await isUsed(store)) throw this.#unknown(store);
    // A crash after this record leaves a plan, which the next run carries out.
    const marker = await this.#catalog.planMarker(store.name, randomUUID());
    await writeMarker(store, marker);
    failPoint('after marker');
    await this.#catalog.setStoreMarker(store.name, marker);
  }

  /** The marker of ours that an interrupted run wrote and did not record as known; null: it is not one. */
  async #begun(store: Store): Promise<string | null> {
    const planned = await this.#catalog.plannedMarker(store.name);
    if (planned === null || (await store.marker()) !== planned) return null;
    // With archives in it, others have used the store since: they have to be indexed.
    return (await holdsArchives(store)) ? null : planned;
  }

  #unknown(store: Store): MothballError {
    return new MothballError(
      {
        fact: `store "${store.name}" holds archives that this database does not know: the database is new or was lost`,
        notDone: 'nothing was archived or deleted',
        remedy: 'Run `mothball reindex` first',
      },
      { code: 'database' },
    );
  }
}

/** The error for a store that is no longer configured. */
export function unknownStore(name: string): MothballError {
  return new MothballError(
    {
      fact: `store "${name}" is no longer in mothball.yaml`,
      notDone: 'nothing was done with its archives',
      remedy: 'Add it again or choose another store',
    },
    { code: 'store' },
  );
}
