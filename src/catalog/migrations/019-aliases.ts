import type { Migration } from './migration.ts';

/** Accounts and servers that have another name since a moment. Without an account: the whole server. */
export const aliases: Migration = {
  number: 19,
  name: 'aliases',
  sql: `
    CREATE TABLE aliases (
      from_server TEXT NOT NULL,
      from_account TEXT,
      to_server TEXT NOT NULL,
      to_account TEXT,
      at INTEGER NOT NULL
    ) STRICT;
  `,
};
