/**
 * `catalog/`: the searchable index of archives and messages, behind `ports/catalog.ts`, in SQLite or
 * PostgreSQL. This file puts the catalog together from one file per group of methods; `words.ts` has what
 * the two say differently. SQLite: `open-writable.ts` and `open-read-only.ts` open the database file,
 * `pragmas.ts` makes each commit durable, `migrations/` has the schema in steps, `locks.ts` keeps two
 * processes from working on one account or store. `postgres/` has the same for PostgreSQL.
 * A row that cannot be right stops the caller: nothing is deleted by a damaged catalog.
 * May import `kysely` and `pg`, which only this room knows, `zod`, `ports`, `domain`, `format` and `errors.ts`.
 */
import type { Catalog } from '../ports/catalog.ts';
import { accountPauseRecords } from './account-pauses.ts';
import { aliasRecords } from './aliases.ts';
import { archiveRecords } from './archives.ts';
import { batchRecords } from './batches.ts';
import { browseRecords } from './browse.ts';
import { deleteRecords } from './deletes.ts';
import { digestLookup } from './digests.ts';
import { encryptionRecords } from './encrypted.ts';
import { historyRecords } from './history.ts';
import { noticeRecords } from './notices.ts';
import { pruneRecords } from './prune.ts';
import { quarantineRecords } from './quarantine.ts';
import { refusalRecords } from './refusals.ts';
import { restoreRecords } from './restores.ts';
import type { CatalogDb } from './rows.ts';
import { runRecords } from './runs.ts';
import { sampleRecords } from './samples.ts';
import { messageSearch } from './search.ts';
import { storeRecords } from './stores.ts';
import { storedPlanRecords } from './stored-plans.ts';
import { suspectRecords } from './suspects.ts';
import { textRecords } from './texts.ts';
import { timeRecords } from './times.ts';
import { watchRecords } from './watch.ts';

/** A catalog on this database. `close` waits for the calls under way. */
export function catalogOf(db: CatalogDb, close: () => Promise<void>): Catalog {
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
    ...textRecords(db),
    ...runRecords(db),
    ...timeRecords(db),
    ...watchRecords(db),
    ...sampleRecords(db),
    ...historyRecords(db),
    ...noticeRecords(db),
    ...encryptionRecords(db),
    ...browseRecords(db),
    ...storedPlanRecords(db),
    ...pruneRecords(db),
    [Symbol.asyncDispose]: close,
  };
}
