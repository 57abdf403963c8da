import type { Migration } from './migration.ts';

/** Encrypted archives, objects on their way to the store, and which recipients were shown to be able to read. */
export const encryption: Migration = {
  number: 6,
  name: 'encryption',
  sql: `
    -- All three or none: only encrypted archives have them.
    ALTER TABLE archives ADD COLUMN object_sha256 TEXT;
    ALTER TABLE archives ADD COLUMN manifest_object_sha256 TEXT;
    ALTER TABLE archives ADD COLUMN recipients TEXT;

    CREATE TABLE encrypted_objects (
      store TEXT NOT NULL,
      key TEXT NOT NULL,
      bytes INTEGER NOT NULL,
      sha256 TEXT NOT NULL,
      recipients TEXT NOT NULL,
      plain_sha256 TEXT NOT NULL,
      plain BLOB,
      PRIMARY KEY (store, key)
    ) STRICT;

    CREATE TABLE readable (
      store TEXT NOT NULL,
      recipients TEXT NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (store, recipients)
    ) STRICT, WITHOUT ROWID;
  `,
};
