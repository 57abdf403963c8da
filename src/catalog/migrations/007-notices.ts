import type { Migration } from './migration.ts';

/** Notices to the owners of accounts. */
export const notices: Migration = {
  number: 7,
  name: 'notices',
  sql: `
    CREATE TABLE notices (
      id TEXT PRIMARY KEY,
      server TEXT NOT NULL,
      account TEXT NOT NULL,
      policy TEXT NOT NULL,
      at INTEGER NOT NULL,
      folder TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('sending', 'sent', 'refused')),
      uid_validity INTEGER,
      uid INTEGER,
      detail TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX notices_account ON notices (server, account, at);
  `,
};
