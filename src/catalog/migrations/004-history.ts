import type { Migration } from './migration.ts';

/**
 * What metrics come back from after a restart. The totals are kept apart from the runs: those are
 * forgotten after a while, and a counter must not fall.
 */
export const history: Migration = {
  number: 4,
  name: 'history',
  sql: `
    CREATE TABLE known_policies (
      name TEXT PRIMARY KEY,
      since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE run_outcomes (
      policy TEXT NOT NULL,
      server TEXT NOT NULL,
      account TEXT NOT NULL,
      failed INTEGER NOT NULL,
      limits TEXT NOT NULL,
      succeeded INTEGER,
      PRIMARY KEY (policy, server, account)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE run_totals (
      policy TEXT NOT NULL,
      result TEXT NOT NULL,
      runs INTEGER NOT NULL,
      archived_messages INTEGER NOT NULL,
      archived_bytes INTEGER NOT NULL,
      deleted_messages INTEGER NOT NULL,
      deleted_bytes INTEGER NOT NULL,
      PRIMARY KEY (policy, result)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE verification_totals (
      store TEXT NOT NULL,
      result TEXT NOT NULL CHECK (result IN ('ok', 'failed')),
      archives INTEGER NOT NULL,
      PRIMARY KEY (store, result)
    ) STRICT, WITHOUT ROWID;
  `,
};
