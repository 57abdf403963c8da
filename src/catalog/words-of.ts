import { PostgresAdapter } from 'kysely';
import { postgresWords } from './postgres/words.ts';
import type { Db } from './rows.ts';
import { sqliteWords } from './sqlite-words.ts';
import type { Words } from './words.ts';

/** Those of the database that this is. */
export function words(db: Db): Words {
  return db.getExecutor().adapter instanceof PostgresAdapter ? postgresWords : sqliteWords;
}
