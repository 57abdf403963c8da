import { randomUUID } from 'node:crypto';
import { printable } from '../domain/printable.ts';
import { isError, MothballError } from '../errors.ts';
import { failPoint } from '../failpoint.ts';
import { readAll } from '../format/read-all.ts';
import {
  formatOwner,
  ownerKey,
  ownerNumber,
  ownerPrefix,
  parseOwner,
  type StoreOwner,
} from '../format/store-owner.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';

/** A record in the store, as it was read last. */
interface Known {
  readonly number: number;
  readonly owner: StoreOwner;
}

const nobody = 0;

/** Where a database is. */
export type DatabaseWhere = Pick<StoreOwner, 'place' | 'directory'>;

/**
 * One database writes to a store (SAFETY I6): the store itself has a record of which one, because the
 * locks of two databases do not see each other. Records are only added, under a number that one writer
 * can take. A store without one is taken by the first database that writes to it.
 */
export class StoreOwnership {
  readonly #catalog: Pick<Catalog, 'databaseId' | 'nameDatabase' | 'addAudit'>;
  readonly #clock: Clock;
  readonly #where: DatabaseWhere;
  readonly #known = new Map<string, Known>();

  constructor(
    catalog: Pick<Catalog, 'databaseId' | 'nameDatabase' | 'addAudit'>,
    clock: Clock,
    where: DatabaseWhere,
  ) {
    this.#catalog = catalog;
    this.#clock = clock;
    this.#where = where;
  }

  /** @throws `store` when another database writes to the store. Writes nothing. */
  async require(store: Store): Promise<void> {
    const owner = await this.foreign(store);
    if (owner !== null) throw await this.#refusal(store, owner);
  }

  /** The same, and takes a store that no database writes to yet. */
  async claim(store: Store): Promise<void> {
    const known = await this.#newest(store);
    if (known === null) await this.#write(store, nobody);
    await this.require(store);
  }

  /** Which database writes to the store, this one too; null: none yet. */
  async owner(store: Store): Promise<(StoreOwner & { readonly ours: boolean }) | null> {
    const known = await this.#newest(store);
    if (known === null) return null;
    return { ...known.owner, ours: known.owner.database === (await this.#catalog.databaseId()) };
  }

  /** Which other database writes to the store; null: this one, or none yet. */
  async foreign(store: Store): Promise<StoreOwner | null> {
    const known = await this.#newest(store);
    if (known === null) return null;
    return known.owner.database === (await this.#catalog.databaseId()) ? null : known.owner;
  }

  /** Whether the other database was in the very directory where this one is: then its file is gone. */
  wasHere({ place, directory }: StoreOwner): boolean {
    return directory !== null && directory === this.#where.directory && place === this.#where.place;
  }

  /**
   * From now on this database writes to the store, and no other. A person asked for it. A crash after
   * the audit line leaves one too many. @throws `store` when yet another one was first.
   */
  async takeOver(store: Store, who: string): Promise<void> {
    const before = await this.foreign(store);
    if (before === null) return this.claim(store);
    const detail = `${store.name}: taken over from ${nameOf(before)}`;
    await this.#catalog.addAudit({ at: this.#clock.now(), who, action: 'take-over', account: null, detail });
    await this.#write(store, this.#known.get(store.name)?.number ?? nobody);
    await this.require(store);
  }

  /** Why this database does not write to the store, for a person. */
  async refusalText(store: Store, owner: StoreOwner): Promise<string> {
    return (await this.#refusal(store, owner)).message;
  }

  /** After the first look, one request shows whether there is a newer record. */
  async #newest(store: Store): Promise<Known | null> {
    const known = this.#known.get(store.name);
    if (known !== undefined && (await store.stat(ownerKey(known.number + 1))) === null) return known;
    const newest = await readNewest(store);
    if (newest === null) this.#known.delete(store.name);
    else this.#known.set(store.name, newest);
    return newest;
  }

  /** Where another one is first, its record stays, and the next look finds it. */
  async #write(store: Store, after: number): Promise<void> {
    const database = await this.#catalog.nameDatabase(randomUUID());
    const owner = { database, ...this.#where, since: this.#clock.now().toISOString() };
    try {
      await store.putBytes(ownerKey(after + 1), formatOwner(owner));
    } catch (error) {
      if (!isError(error, 'exists')) throw error;
    }
    failPoint('after owner');
    this.#known.delete(store.name);
  }

  async #refusal(store: Store, owner: StoreOwner): Promise<MothballError> {
    const id = (await this.#catalog.databaseId()) ?? 'new';
    const { place } = this.#where;
    const own = `${id}${place === '' ? '' : `, ${printable(place)}`}`;
    return new MothballError(
      {
        fact: `store "${store.name}" is written to by another database (${nameOf(owner)}) and not by this one (${own})`,
        notDone: 'nothing is archived to it, deleted or removed',
        remedy: `Use one database for a store; if the other one is lost or given up, run \`mothball reindex --store ${store.name} --take-over\``,
      },
      { code: 'store' },
    );
  }
}

function nameOf({ database, place, since }: StoreOwner): string {
  return printable([database, place, `since ${since}`].filter((part) => part !== '').join(', '));
}

async function readNewest(store: Store): Promise<Known | null> {
  let newest: { readonly key: string; readonly number: number } | null = null;
  for await (const { key } of store.list(ownerPrefix)) {
    const number = ownerNumber(key);
    if (number !== null && number > (newest?.number ?? nobody)) newest = { key, number };
  }
  if (newest === null) return null;
  const owner = parseOwner(await readAll(store.read(newest.key)));
  if (owner !== null) return { number: newest.number, owner };
  throw new MothballError(
    {
      fact: `store "${store.name}": ${newest.key}, which says which database writes to it, is damaged`,
      notDone: 'nothing is archived to it or deleted',
      remedy: 'Restore that file from a copy',
    },
    { code: 'store' },
  );
}
