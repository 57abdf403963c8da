import type { Migration } from './migration.ts';

/** Folders that a server would not let anyone look into, since when, and when they are tried again. */
export const folderRefusals: Migration = {
  number: 13,
  name: 'folder refusals',
  sql: `
    CREATE TABLE folder_refusals (
      server TEXT NOT NULL,
      account TEXT NOT NULL,
      folder TEXT NOT NULL,
      code TEXT NOT NULL,
      words TEXT NOT NULL,
      stage TEXT NOT NULL,
      refused INTEGER NOT NULL,
      since INTEGER NOT NULL,
      times INTEGER NOT NULL,
      next INTEGER NOT NULL,
      PRIMARY KEY (server, account, folder)
    ) STRICT, WITHOUT ROWID;
  `,
};
