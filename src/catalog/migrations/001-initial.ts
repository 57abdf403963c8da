import type { Migration } from './migration.ts';

/** Everything the first version of the catalog holds. */
export const initial: Migration = {
  number: 1,
  name: 'initial',
  sql: `
    CREATE TABLE stores (
      name TEXT PRIMARY KEY,
      marker TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE folders (
      id INTEGER PRIMARY KEY,
      server TEXT NOT NULL,
      account TEXT NOT NULL,
      folder TEXT NOT NULL,
      uid_validity INTEGER NOT NULL,
      mailbox_id TEXT
    ) STRICT;
    -- NULLs are distinct in a unique index, so a missing MAILBOXID counts as empty here.
    CREATE UNIQUE INDEX folders_identity
      ON folders (server, account, folder, uid_validity, coalesce(mailbox_id, ''));

    CREATE TABLE batches (
      key TEXT PRIMARY KEY,
      folder_id INTEGER NOT NULL REFERENCES folders (id),
      run TEXT NOT NULL,
      created INTEGER NOT NULL,
      roles TEXT NOT NULL,
      policy TEXT NOT NULL,
      policy_hash TEXT NOT NULL,
      store TEXT NOT NULL,
      format TEXT NOT NULL,
      compression TEXT NOT NULL,
      deletes INTEGER NOT NULL,
      uids TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('open', 'sealed', 'abandoned')),
      reason TEXT
    ) STRICT;
    CREATE INDEX batches_open ON batches (folder_id) WHERE state = 'open';

    CREATE TABLE archives (
      n INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      folder_id INTEGER NOT NULL REFERENCES folders (id),
      store TEXT NOT NULL,
      key TEXT NOT NULL,
      manifest_key TEXT NOT NULL,
      manifest_sha256 TEXT NOT NULL,
      policy TEXT NOT NULL,
      policy_hash TEXT NOT NULL,
      run TEXT NOT NULL,
      format TEXT NOT NULL,
      compression TEXT NOT NULL,
      messages INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      stored_bytes INTEGER NOT NULL,
      created INTEGER NOT NULL,
      verified_at INTEGER,
      state TEXT NOT NULL CHECK (state IN ('sealed', 'verified', 'quarantined', 'expired')),
      state_reason TEXT
    ) STRICT;
    CREATE INDEX archives_folder ON archives (folder_id, policy, store);
    CREATE INDEX archives_store ON archives (store);

    CREATE TABLE lines (
      n INTEGER PRIMARY KEY,
      archive_n INTEGER NOT NULL REFERENCES archives (n),
      line INTEGER NOT NULL,
      folder_id INTEGER NOT NULL REFERENCES folders (id),
      uid INTEGER NOT NULL,
      sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
      header_sha256 BLOB NOT NULL CHECK (length(header_sha256) = 32),
      size INTEGER NOT NULL,
      internal_date INTEGER NOT NULL,
      date INTEGER,
      flags TEXT NOT NULL,
      email_id TEXT,
      labels TEXT,
      message_id TEXT,
      sender TEXT,
      recipients TEXT,
      subject TEXT,
      crlf INTEGER NOT NULL,
      added_newline INTEGER NOT NULL,
      size_mismatch INTEGER NOT NULL,
      frame_offset INTEGER NOT NULL,
      frame_length INTEGER NOT NULL,
      stored_offset INTEGER NOT NULL,
      stored_length INTEGER NOT NULL,
      headers TEXT,
      state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 5),
      pending_since INTEGER,
      reason TEXT
    ) STRICT;
    CREATE UNIQUE INDEX lines_place ON lines (archive_n, line);
    CREATE INDEX lines_uid ON lines (folder_id, uid);
    CREATE INDEX lines_message_id ON lines (message_id) WHERE message_id IS NOT NULL;
    CREATE INDEX lines_date ON lines (coalesce(date, internal_date));
    -- 1 is pending, 2 is deleting: the work that waits, small however much is archived.
    CREATE INDEX lines_waiting ON lines (archive_n, size) WHERE state IN (1, 2);

    CREATE VIRTUAL TABLE lines_text USING fts5 (
      sender, recipients, subject,
      content = '', columnsize = 0,
      tokenize = "unicode61 remove_diacritics 2"
    );

    CREATE TABLE restores (
      server TEXT NOT NULL,
      account TEXT NOT NULL,
      folder TEXT NOT NULL,
      uid_validity INTEGER,
      uid INTEGER,
      sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
      outcome TEXT NOT NULL CHECK (outcome IN ('restored', 'refused', 'altered', 'trashed')),
      detail TEXT,
      at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX restores_folder ON restores (server, account, folder, at);

    CREATE TABLE quarantine (
      folder_id INTEGER NOT NULL REFERENCES folders (id),
      uid INTEGER NOT NULL,
      reason TEXT NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (folder_id, uid)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE runs (
      id TEXT PRIMARY KEY,
      server TEXT NOT NULL,
      account TEXT NOT NULL,
      policy TEXT NOT NULL,
      started INTEGER NOT NULL,
      finished INTEGER,
      result TEXT,
      report TEXT
    ) STRICT;
    CREATE INDEX runs_started ON runs (started);

    CREATE TABLE audit (
      at INTEGER NOT NULL,
      who TEXT NOT NULL,
      action TEXT NOT NULL,
      account TEXT,
      detail TEXT NOT NULL
    ) STRICT;
    CREATE INDEX audit_at ON audit (at);
  `,
};
