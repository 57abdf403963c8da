/**
 * `catalog/`: the searchable index of archives and messages in SQLite, behind `ports/catalog.ts`. This
 * file puts the catalog together from one file per group of methods. `open-writable.ts` and
 * `open-read-only.ts` open the database file, `pragmas.ts` makes each commit durable, `migrations/` has
 * the schema in steps, `locks.ts` keeps two processes from working on one account or store.
 * A row that cannot be right stops the caller: nothing is deleted by a damaged catalog.
 * May import `kysely`, which only this room knows, `zod`, `ports`, `domain`, `format` and `errors.ts`.
 */
import { Kysely } from 'kysely';
import type { Catalog } from '../ports/catalog.ts';
import { aliasRecords } from './aliases.ts';
import { archiveRecords } from './archives.ts';
import { batchRecords } from './batches.ts';
import { browseRecords } from './browse.ts';
import type { DatabaseFile } from './database-file.ts';
import { deleteRecords } from './deletes.ts';
import { NodeSqliteDialect } from './dialect.ts';
import { digestLookup } from './digests.ts';
import { encryptionRecords } from './encrypted.ts';
import { historyRecords } from './history.ts';
import { noticeRecords } from './notices.ts';
import { openReadOnly } from './open-read-only.ts';
import { openWritable } from './open-writable.ts';
import { pruneRecords } from './prune.ts';
import { quarantineRecords } from './quarantine.ts';
import { accountPauseRecords } from './account-pauses.ts';
import { refusalRecords } from './refusals.ts';
import { restoreRecords } from './restores.ts';
import { runRecords } from './runs.ts';
import { sampleRecords } from './samples.ts';
import type { Schema } from './schema.ts';
import { messageSearch } from './search.ts';
import { storeRecords } from './stores.ts';
import { suspectRecords } from './suspects.ts';
import { timeRecords } from './times.ts';
import { watchRecords } from './watch.ts';

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
  return catalogOf(file);
}

function catalogOf(file: DatabaseFile): Catalog {
  const db = new Kysely<Schema>({ dialect: new NodeSqliteDialect(file) });
  return {
    ...storeRecords(db),
    ...aliasRecords(db),
    ...batchRecords(db),
    ...archiveRecords(db),
    ...deleteRecords(db),
    ...restoreRecords(db),
    ...quarantineRecords(db),
    ...suspectRecords(db),
    ...refusalRecords(db),
    ...accountPauseRecords(db),
    ...messageSearch(db),
    ...digestLookup(db),
    ...runRecords(db),
    ...timeRecords(db),
    ...watchRecords(db),
    ...sampleRecords(db),
    ...historyRecords(db),
    ...noticeRecords(db),
    ...encryptionRecords(db),
    ...browseRecords(db),
    ...pruneRecords(db),
    // In turn with the calls under way. Not `db.destroy()`: later calls must hear from the file that it is closed.
    async [Symbol.asyncDispose]() {
      await db.connection().execute(async () => file.close());
    },
  };
}
