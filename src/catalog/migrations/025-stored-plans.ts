import type { Migration } from './migration.ts';

/** What policies in plan mode would do, as of the last night; and the newest run of a policy in one step. */
export const storedPlans: Migration = {
  number: 25,
  name: 'stored-plans',
  sql: `
    CREATE TABLE stored_plans (
      policy TEXT NOT NULL,
      server TEXT NOT NULL,
      account TEXT NOT NULL,
      policy_hash TEXT NOT NULL,
      tried INTEGER NOT NULL,
      error TEXT,
      at INTEGER,
      messages INTEGER,
      bytes INTEGER,
      idle TEXT,
      before_at INTEGER,
      before_messages INTEGER,
      before_bytes INTEGER,
      changed_at INTEGER,
      changed_messages INTEGER,
      changed_bytes INTEGER,
      PRIMARY KEY (policy, server, account)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX runs_policy ON runs (policy, started);
  `,
};
