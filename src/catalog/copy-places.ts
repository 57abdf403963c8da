import { existsSync } from 'node:fs';
import { sql } from 'kysely';
import { MothballError } from '../errors.ts';
import { copiedTables } from './copied-tables.ts';
import { copyCatalog, type CopyProgress, type TableSum } from './copy.ts';
import { NodeSqliteDialect } from './dialect.ts';
import { heldLocks } from './locks.ts';
import { type DatabasePlace, placeName } from './open.ts';
import { openWritable } from './open-writable.ts';
import { PostgresDb } from './postgres/database.ts';
import { Connections } from './postgres/dialect.ts';
import { migratePostgres, readSchema } from './postgres/migrate.ts';
import { type CatalogDb, type Db, PlainDb } from './rows.ts';

/** A daemon that was seen this lately counts as running, in milliseconds. */
const daemonMs = 60_000;

/** Copies the catalog of one database into another, and compares. Nobody can write to `from` meanwhile. */
export async function copyDatabase(
  from: DatabasePlace,
  to: DatabasePlace,
  options: CopyProgress & { readonly now: Date },
): Promise<ReadonlyMap<string, TableSum>> {
  if (placeName(from) === placeName(to))
    throw new MothballError(
      { fact: `${placeName(to)} is copied to itself`, notDone: 'nothing was done' },
      { code: 'usage' },
    );
  return await reading(from, options.now, async (source) => {
    await using target = await writing(to);
    await requireUnused(target.db, placeName(to));
    return await copyCatalog(source, target.db, options);
  });
}

/** Rows of each table, for `db check`. */
export async function countTables(place: DatabasePlace): Promise<ReadonlyMap<string, number>> {
  await using opened = await writing(place);
  const counts = new Map<string, number>();
  for (const { name } of copiedTables) {
    const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM ${sql.table(name)}`.execute(
      opened.db,
    );
    counts.set(name, rows[0]?.n ?? 0);
  }
  return counts;
}

/** Does the work in a transaction that keeps writers out. @throws `locked` while anything runs. */
async function reading<T>(place: DatabasePlace, now: Date, work: (source: Db) => Promise<T>): Promise<T> {
  if (place.type === 'sqlite') {
    const file = await openWritable(place.path, 'existing');
    try {
      const db = new PlainDb({ dialect: new NodeSqliteDialect(file) });
      await requireIdle(db, place, now);
      await file.begin();
      return await work(db);
    } finally {
      file.rollback();
      file.close();
    }
  }
  if ((await readSchema(place.settings)).found === 0) throw noCatalog(placeName(place));
  await migratePostgres(place.settings);
  const connections = new Connections(place.settings, false);
  try {
    return await new PostgresDb(connections)
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (trx) => {
        await sql`SET LOCAL idle_in_transaction_session_timeout = 0`.execute(trx);
        const tables = sql.join(copiedTables.map(({ name }) => sql.table(name)));
        await sql`LOCK TABLE ${tables} IN SHARE MODE`.execute(trx);
        await requireIdle(trx, place, now);
        return await work(trx);
      });
  } finally {
    await connections.close();
  }
}

async function writing(place: DatabasePlace): Promise<{ readonly db: CatalogDb } & AsyncDisposable> {
  if (place.type === 'sqlite') {
    const file = await openWritable(place.path, 'create');
    const db = new PlainDb({ dialect: new NodeSqliteDialect(file) });
    return { db, [Symbol.asyncDispose]: async () => file.close() };
  }
  await migratePostgres(place.settings);
  const connections = new Connections(place.settings, false);
  return { db: new PostgresDb(connections), [Symbol.asyncDispose]: () => connections.close() };
}

async function requireIdle(db: Db, place: DatabasePlace, now: Date): Promise<void> {
  const daemons = await db
    .selectFrom('daemons')
    .select(['host', 'pid'])
    .where('seen', '>', now.getTime() - daemonMs)
    .execute();
  const leases = await db
    .selectFrom('leases')
    .select(['host', 'pid'])
    .where('expires', '>', now.getTime())
    .execute();
  const [holder] = [...daemons, ...leases];
  const locked =
    place.type === 'sqlite' && existsSync(`${place.path}.locks`) && (await heldLocks(`${place.path}.locks`));
  if (holder === undefined && !locked) return;
  throw new MothballError(
    {
      fact: `Mothball works on ${placeName(place)}${holder === undefined ? '' : ` (${holder.host}, pid ${holder.pid})`}`,
      notDone: 'nothing was copied',
      remedy: 'Stop its daemons and commands, wait a minute, and copy again',
    },
    { code: 'locked', retryable: true },
  );
}

/** A catalog in use knows its stores; a copy that broke off does not. */
async function requireUnused(db: Db, name: string): Promise<void> {
  const store = await db.selectFrom('stores').select('name').executeTakeFirst();
  if (store === undefined) return;
  throw new MothballError(
    {
      fact: `${name} holds a catalog already`,
      notDone: 'nothing was copied and it was left alone',
      remedy: 'Copy into a new database',
    },
    { code: 'refused' },
  );
}

function noCatalog(name: string): MothballError {
  return new MothballError(
    { fact: `there is no catalog in ${name}`, notDone: 'nothing was copied', remedy: 'Correct the name' },
    { code: 'database' },
  );
}
