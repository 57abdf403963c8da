import type { Migration } from './migration.ts';

/**
 * Which recorded headers of a line were cut, messages whose archives failed, and an outcome for what a
 * restore appended and a crash kept it from comparing.
 */
export const hostileMail: Migration = {
  number: 12,
  name: 'hostile-mail',
  sql: `
    -- JSON list of header names; null when none was cut.
    ALTER TABLE lines ADD COLUMN cut TEXT;

    -- Messages whose archives did not read back as they were written, and how often.
    CREATE TABLE suspects (
      folder_id INTEGER NOT NULL REFERENCES folders (id),
      uid INTEGER NOT NULL,
      times INTEGER NOT NULL,
      since INTEGER NOT NULL,
      PRIMARY KEY (folder_id, uid)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE restores_new (
      server TEXT NOT NULL,
      account TEXT NOT NULL,
      folder TEXT NOT NULL,
      uid_validity INTEGER,
      uid INTEGER,
      sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
      outcome TEXT NOT NULL CHECK (outcome IN ('restored', 'refused', 'altered', 'trashed', 'appended')),
      detail TEXT,
      at INTEGER NOT NULL
    ) STRICT;
    INSERT INTO restores_new
      SELECT server, account, folder, uid_validity, uid, sha256,
        CASE WHEN outcome = 'restored' AND detail = 'not compared yet' THEN 'appended' ELSE outcome END,
        detail, at
      FROM restores ORDER BY rowid;
    DROP TABLE restores;
    ALTER TABLE restores_new RENAME TO restores;
    CREATE INDEX restores_folder ON restores (server, account, folder, at);
  `,
};
