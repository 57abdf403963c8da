import type { Migration } from './migration.ts';

/** Accounts that a server wants to be left alone for hours, and what was read from accounts hour by hour. */
export const accountPauses: Migration = {
  number: 21,
  name: 'account-pauses',
  sql: `
    CREATE TABLE account_pauses (
      server TEXT NOT NULL,
      account TEXT NOT NULL,
      kind TEXT NOT NULL,
      words TEXT NOT NULL,
      since INTEGER NOT NULL,
      times INTEGER NOT NULL,
      until INTEGER NOT NULL,
      PRIMARY KEY (server, account)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE account_traffic (
      server TEXT NOT NULL,
      account TEXT NOT NULL,
      hour INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      commands INTEGER NOT NULL,
      PRIMARY KEY (server, account, hour)
    ) STRICT, WITHOUT ROWID;
  `,
};
