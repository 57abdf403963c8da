import type { Migration } from './migration.ts';

/** What the newest scan of each account found: the history of thousands of accounts is too long to look through. */
export const newestSamples: Migration = {
  number: 16,
  name: 'newest-samples',
  sql: `
    CREATE TABLE newest_samples (
      server TEXT NOT NULL,
      account TEXT NOT NULL,
      root TEXT NOT NULL,
      at INTEGER NOT NULL,
      used_bytes INTEGER,
      limit_bytes INTEGER,
      used_messages INTEGER,
      limit_messages INTEGER,
      PRIMARY KEY (server, account, root)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO newest_samples SELECT samples.* FROM samples JOIN (
      SELECT server, account, max(at) AS at FROM samples GROUP BY server, account
    ) AS newest USING (server, account, at);
  `,
};
