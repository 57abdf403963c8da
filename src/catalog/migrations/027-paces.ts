import type { Migration } from './migration.ts';

/**
 * When all bytes that were asked of a server will have been allowed, where several machines share a
 * PostgreSQL database. With SQLite each process keeps its own, and the table stays empty.
 */
export const paces: Migration = {
  number: 27,
  name: 'paces',
  sql: `
    CREATE TABLE paces (
      server TEXT PRIMARY KEY,
      free INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
};
