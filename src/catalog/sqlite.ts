import type { Catalog } from '../ports/catalog.ts';
import { catalogOf } from './catalog.ts';
import type { DatabaseFile } from './database-file.ts';
import { NodeSqliteDialect } from './dialect.ts';
import { inMemory, openReadOnly } from './open-read-only.ts';
import { openWritable } from './open-writable.ts';
import { PlainDb } from './rows.ts';

export interface OpenOptions {
  /**
   * create: makes the file (mode 0600) where it is missing · existing: refuses then · read-only:
   * writes nothing at all; a missing catalog reads as an empty one, and every write is refused.
   */
  readonly mode: 'create' | 'existing' | 'read-only';
}

/**
 * Opens the catalog in an SQLite file, given by its absolute path. Other processes may have it open
 * too: they wait for each other's write transactions, up to 10 seconds. @throws `database` when the
 * file is damaged, newer than this program, another program's, or on a network file system.
 */
export async function openCatalog(path: string, options: OpenOptions): Promise<Catalog> {
  const file =
    options.mode === 'read-only' ? await openReadOnly(path) : await openWritable(path, options.mode);
  return catalogIn(file);
}

/** What a catalog reads as that is not there yet. `name` is for messages. */
export function emptyCatalog(name: string): Catalog {
  return catalogIn(inMemory(name));
}

function catalogIn(file: DatabaseFile): Catalog {
  const db = new PlainDb({ dialect: new NodeSqliteDialect(file) });
  // In turn with the calls under way. Not `db.destroy()`: later calls must hear from the file that it is closed.
  return catalogOf(db, () => db.connection().execute(async () => file.close()));
}
