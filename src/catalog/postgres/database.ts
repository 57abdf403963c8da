import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, sql } from 'kysely';
import { isError, MothballError } from '../../errors.ts';
import type { CatalogDb, Db } from '../rows.ts';
import type { Schema } from '../schema.ts';
import { type Connections, awayPatienceMs, PostgresCatalogDialect } from './dialect.ts';
import { gaveWay, isAway, postgresError } from './failure.ts';

/** Runs first in each transaction; throws when it must not be done. */
export type Fence = (trx: Db) => Promise<void>;

/** Names a transaction on a server: its number, and the history that the number belongs to. */
interface Mark {
  readonly xid: string | null;
  readonly timeline: string;
}

/**
 * The catalog's tables in PostgreSQL. Each write is one serializable transaction, done again where it
 * gave way to another or where the connection broke before COMMIT. Where the connection breaks at
 * COMMIT, the server is asked what became of it.
 */
export class PostgresDb extends Kysely<Schema> implements CatalogDb {
  readonly #connections: Connections;
  readonly #fence: Fence | null;

  constructor(connections: Connections, fence: Fence | null = null) {
    super({ dialect: new PostgresCatalogDialect(connections) });
    this.#connections = connections;
    this.#fence = fence;
  }

  async write<T>(work: (trx: Db) => Promise<T>): Promise<T> {
    const { name, readOnly } = this.#connections;
    if (readOnly)
      throw new MothballError(
        { fact: `the catalog ${name} is open for reading only`, notDone: 'nothing was recorded' },
        { code: 'database' },
      );
    const deadline = performance.now() + awayPatienceMs;
    for (let pause = 5; ; pause = Math.min(2 * pause, 2000)) {
      const done = await this.#try(work, deadline);
      if (done !== null) return done.value;
      await sleep(pause * (0.5 + Math.random()));
    }
  }

  /** Null: nothing was done, and it may be tried again. */
  async #try<T>(work: (trx: Db) => Promise<T>, deadline: number): Promise<{ readonly value: T } | null> {
    let ready: { readonly value: T; readonly mark: Mark } | null = null;
    try {
      return await this.transaction()
        .setIsolationLevel('serializable')
        .execute(async (trx) => {
          if (this.#fence !== null) await this.#fence(trx);
          const value = await work(trx);
          ready = { value, mark: await markOf(trx) };
          return { value };
        });
    } catch (error) {
      const sent = ready as { readonly value: T; readonly mark: Mark } | null;
      if (sent !== null && isAway(error) && (await this.#committed(sent.mark))) return { value: sent.value };
      const passes = isError(error)
        ? error.code === 'database' && error.retryable
        : gaveWay(error) || isAway(error);
      if (passes && performance.now() < deadline) return null;
      throw postgresError(this.#connections.name, error);
    }
  }

  /** What became of a transaction whose COMMIT had no answer. @throws `database` when nobody can say. */
  async #committed({ xid, timeline }: Mark): Promise<boolean> {
    if (xid === null) return false;
    const deadline = performance.now() + awayPatienceMs;
    for (;;) {
      const { rows } = await sql<{ status: string | null; now: string }>`
        SELECT pg_xact_status(${xid}::xid8) AS status, ${currentTimeline} AS now`.execute(this);
      const [answer] = rows;
      // A standby that took over has a history of its own from there: a number may mean another transaction.
      if (answer === undefined || answer.now !== timeline || performance.now() > deadline) break;
      if (answer.status === 'committed') return true;
      if (answer.status === 'aborted') return false;
      await sleep(200);
    }
    throw new MothballError(
      {
        fact: `the database ${this.#connections.name} was replaced while a record was being written`,
        notDone: 'whether it is written is not known, and nothing more was done on the strength of it',
        remedy: 'Run again: what was begun is settled first',
      },
      { code: 'database' },
    );
  }
}

const currentTimeline = sql<string>`left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)`;

async function markOf(trx: Db): Promise<Mark> {
  const { rows } = await sql<Mark>`
    SELECT pg_current_xact_id_if_assigned()::text AS xid, ${currentTimeline} AS timeline`.execute(trx);
  return rows[0] ?? { xid: null, timeline: '' };
}
