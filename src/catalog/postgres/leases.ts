import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { MothballError } from '../../errors.ts';
import type { Catalog } from '../../ports/catalog.ts';
import type { Held, Lock, Locks } from '../../ports/locks.ts';
import { words } from '../words-of.ts';
import { PostgresDb } from './database.ts';
import type { Connections } from './dialect.ts';
import { fencedCatalog, heldTogether, type ProvenLease } from './held-leases.ts';
import { holderHere, isDead } from './holder.ts';
import { sharedPaces } from './paces.ts';

/** A lease that was not renewed for this long may be taken over, in milliseconds by the database's clock. */
export const leaseMs = 20_000;
/** How often it is renewed. */
const renewMs = 2000;
/** How old a proof may be in the tick that changes mail (SAFETY "Locks"). */
export const proofMs = 5000;

/** The database's clock, which all machines share. */
const now = sql<number>`(extract(epoch FROM clock_timestamp()) * 1000)::bigint`;

/**
 * Locks as rows with a token. One writer at a time by the database's clock: whoever was frozen finds
 * its lease gone, in the transaction or in the tick that would write.
 */
export function openLeases(connections: Connections): Locks {
  const db = new PostgresDb(connections);
  const take = async (name: string): Promise<Lock | null> => {
    const token = randomUUID();
    const asked = moment();
    return (await taken(db, name, token)) ? new Lease({ connections, db, name, token, asked }) : null;
  };
  return {
    account: ({ server, account }) => take(JSON.stringify(['account', server, account])),
    store: (name) => take(JSON.stringify(['store', name])),
    leader: () => take(JSON.stringify(['leader'])),
    pace: sharedPaces(db),
    async connection(server, places) {
      // Not all from the first place: many ask at once.
      const first = Math.floor(Math.random() * places);
      const names = Array.from({ length: places }, (_, index) =>
        JSON.stringify(['connection', server, (first + index) % places]),
      );
      const { rows } = await sql<{ name: string }>`SELECT name FROM leases
        WHERE ${words(db).textIn('name', names)} AND expires > ${now}`.execute(db);
      const busy = new Set(rows.map((row) => row.name));
      for (const name of names) {
        const lock = busy.has(name) ? null : await take(name);
        if (lock !== null) return lock;
      }
      return null;
    },
  };
}

/**
 * Takes a lease that is free, has run out, or whose holder died on this very machine. Never by an update: a transaction that has proved the old
 * one holds its row until it ends, and removing the row waits for that.
 */
async function taken(db: PostgresDb, name: string, token: string): Promise<boolean> {
  return await db.write(async (trx) => {
    const held = await trx
      .selectFrom('leases')
      .select(['expires', 'pid', 'machine', now.as('now')])
      .where('name', '=', name)
      .executeTakeFirst();
    if (held !== undefined && held.expires > held.now && !isDead(held)) return false;
    await trx.deleteFrom('leases').where('name', '=', name).execute();
    const times = { since: now, seen: now, expires: sql<number>`${now} + ${leaseMs}` };
    await trx
      .insertInto('leases')
      .values({ name, token, ...holderHere(), ...times })
      .execute();
    return true;
  });
}

/** Both clocks of this machine: the one does not count while it sleeps, the other may be set. */
interface Moment {
  readonly steady: number;
  readonly wall: number;
}

function moment(): Moment {
  return { steady: performance.now(), wall: Date.now() };
}

function ageOf({ steady, wall }: Moment): number {
  return Math.max(performance.now() - steady, Date.now() - wall);
}

/** How often one command asks for a proof: where each answer takes seconds, it is not sent. */
const mostAsked = 4;

interface LeaseParts {
  readonly connections: Connections;
  readonly db: PostgresDb;
  readonly name: string;
  readonly token: string;
  /** Before the database was asked. */
  readonly asked: Moment;
}

class Lease implements Lock, ProvenLease {
  readonly fenced: Catalog;
  readonly #parts: LeaseParts;
  readonly #lost = new AbortController();
  readonly #ended = new AbortController();
  readonly #renewing: Promise<void>;
  #proved: Moment;

  constructor(parts: LeaseParts) {
    this.#parts = parts;
    this.#proved = parts.asked;
    this.fenced = fencedCatalog(parts.connections, [this]);
    this.#renewing = this.#renew();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get name(): string {
    return this.#parts.name;
  }

  get token(): string {
    return this.#parts.token;
  }

  with(others: readonly Lock[]): Held {
    const leases = others.filter((other) => other instanceof Lease);
    return heldTogether(this.#parts.connections, [this, ...leases]);
  }

  require(): void {
    this.lost.throwIfAborted();
    if (this.#ended.signal.aborted || ageOf(this.#proved) >= proofMs) throw this.#notProved();
  }

  async prove(): Promise<void> {
    this.lost.throwIfAborted();
    // An answer that came late proves only what was so when it was asked for.
    for (let tries = 0; tries < mostAsked && ageOf(this.#proved) > proofMs / 2; tries += 1) await this.#ask();
    this.require();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    await this.#renewing;
    const { db, name, token } = this.#parts;
    // Where the database is away, it runs out by itself.
    await db
      .write((trx) => trx.deleteFrom('leases').where('name', '=', name).where('token', '=', token).execute())
      .catch(() => undefined);
  }

  async #renew(): Promise<void> {
    for (;;) {
      await sleep(renewMs, undefined, { signal: this.#ended.signal, ref: false }).catch(() => undefined);
      if (this.#ended.signal.aborted || this.#lost.signal.aborted) return;
      // Away or lost: `require` and the signal say so where it matters.
      await this.#ask().catch(() => undefined);
    }
  }

  /** Renews it. @throws `database`. */
  async #ask(): Promise<void> {
    const { db, name, token } = this.#parts;
    const asked = moment();
    const { rows } = await sql`UPDATE leases SET seen = ${now}, expires = ${now} + ${leaseMs}
      WHERE name = ${name} AND token = ${token} RETURNING name`.execute(db);
    if (rows.length === 0) this.lose();
    else if (ageOf(asked) < ageOf(this.#proved)) this.#proved = asked;
  }

  /** It was found that the lease is gone. */
  lose(): never {
    const error = new MothballError(
      {
        fact: `the lock of ${labelOf(this.#parts.name)} was taken over by another mothball process, because this one was silent for too long`,
        notDone: 'nothing more was recorded or changed by this one',
        remedy: 'Nothing needs to be done: the other one settles what was begun',
      },
      { code: 'database' },
    );
    this.#lost.abort(error);
    throw error;
  }

  #notProved(): MothballError {
    return new MothballError(
      {
        fact: `the lock of ${labelOf(this.#parts.name)} was not confirmed by the database within ${proofMs / 1000} seconds`,
        notDone: 'nothing more was changed on the mail server',
        remedy: 'Run again when the database answers: what was begun is settled first',
      },
      { code: 'database', retryable: true },
    );
  }
}

function labelOf(name: string): string {
  const parts: unknown = JSON.parse(name);
  const [kind = '', ...names] = Array.isArray(parts) ? parts.map(String) : [name];
  return `${kind} ${names.join('/')}`;
}
