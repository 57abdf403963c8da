import type { Migration } from './migration.ts';

/** The ID of this database, by which a store knows who writes to it; one row at most. */
export const databaseIdentity: Migration = {
  number: 20,
  name: 'identity',
  sql: `
    CREATE TABLE identity (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      id TEXT NOT NULL
    ) STRICT;
  `,
};
