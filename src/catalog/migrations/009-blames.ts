import type { Migration } from './migration.ts';

/** Messages at which a connection ended or that a server would not deliver, and how often. */
export const blames: Migration = {
  number: 9,
  name: 'blames',
  sql: `
    CREATE TABLE blames (
      folder_id INTEGER NOT NULL REFERENCES folders (id),
      uid INTEGER NOT NULL,
      times INTEGER NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (folder_id, uid)
    ) STRICT, WITHOUT ROWID;
  `,
};
