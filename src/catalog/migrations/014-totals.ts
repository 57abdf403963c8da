import type { Migration } from './migration.ts';

/** What happened so far, by kind and place; kept when the records themselves are forgotten. */
export const eventCounts: Migration = {
  number: 14,
  name: 'totals',
  sql: `
    CREATE TABLE totals (
      what TEXT NOT NULL,
      place TEXT NOT NULL,
      times INTEGER NOT NULL,
      PRIMARY KEY (what, place)
    ) STRICT, WITHOUT ROWID;
  `,
};
