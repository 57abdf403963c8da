import type { Migration } from './migration.ts';

/**
 * Who works on what, where several machines share a PostgreSQL database. With SQLite locks are files,
 * and the table stays empty.
 */
export const leases: Migration = {
  number: 22,
  name: 'leases',
  sql: `
    CREATE TABLE leases (
      name TEXT PRIMARY KEY,
      token TEXT NOT NULL,
      host TEXT NOT NULL,
      pid INTEGER NOT NULL,
      machine TEXT NOT NULL,
      since INTEGER NOT NULL,
      seen INTEGER NOT NULL,
      expires INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
};
