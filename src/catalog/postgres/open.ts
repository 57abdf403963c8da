import { MothballError } from '../../errors.ts';
import type { Catalog } from '../../ports/catalog.ts';
import type { Locks } from '../../ports/locks.ts';
import { catalogOf } from '../catalog.ts';
import { unshared } from '../locks.ts';
import { emptyCatalog, type OpenOptions } from '../sqlite.ts';
import { PostgresDb } from './database.ts';
import { Connections } from './dialect.ts';
import { openLeases } from './leases.ts';
import { migratePostgres, readSchema } from './migrate.ts';
import { nameOf, type PostgresSettings } from './settings.ts';

/**
 * Opens the catalog in a PostgreSQL database. Modes as in SQLite; a database without a catalog reads as
 * an empty one. @throws `database` when it can't be reached, is older than 15 or newer than this
 * program, or may lose what it acknowledged.
 */
export async function openPostgres(
  settings: PostgresSettings,
  { mode }: OpenOptions,
): Promise<{ readonly catalog: Catalog; readonly locks: Locks }> {
  const name = nameOf(settings);
  const readOnly = mode === 'read-only';
  const { found, needed } = await readSchema(settings);
  if (found === 0 && mode === 'existing')
    throw new MothballError(
      {
        fact: `there is no catalog in ${name}`,
        notDone: 'nothing was done',
        remedy: 'Run `mothball reindex` to rebuild it from the stores, or correct `database:`',
      },
      { code: 'database' },
    );
  if (readOnly && found === 0) {
    const catalog = emptyCatalog(name);
    return { catalog, locks: noLocks };
  }
  if (readOnly && found < needed)
    throw new MothballError(
      {
        fact: `the catalog in ${name} was written by an older Mothball (schema ${found}, this program needs ${needed})`,
        notDone: 'reading must not change it',
        remedy: 'Run `mothball db migrate` to bring it up to date',
      },
      { code: 'database' },
    );
  if (found < needed) await migratePostgres(settings);
  const connections = new Connections(settings, readOnly);
  try {
    // What may lose records is refused before anything is done, not at the first record.
    (await connections.client()).release();
  } catch (error) {
    await connections.close();
    throw error;
  }
  const catalog = catalogOf(new PostgresDb(connections), () => connections.close());
  return { catalog, locks: readOnly ? noLocks : openLeases(connections) };
}

/** What only reads takes none, and writes nothing, not even that it has a connection. */
const nothing = async (): Promise<null> => null;
const noLocks: Locks = {
  account: nothing,
  store: nothing,
  leader: nothing,
  connection: async () => unshared,
  pace: async () => null,
};
