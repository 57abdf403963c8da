import type { Migration } from '../../migrations/migration.ts';
import { archiveTables, text } from './016-baseline-archives.ts';

/** All that SQLite's migrations 1 to 16 lead to. From here on each number is in both databases. */
export const baseline: Migration = {
  number: 16,
  name: 'baseline',
  sql: `${archiveTables}
    CREATE TABLE run_lines (
      run ${text} NOT NULL,
      server ${text} NOT NULL,
      account ${text} NOT NULL,
      n bigint NOT NULL,
      at bigint NOT NULL,
      level ${text} NOT NULL CHECK (level IN ('info', 'warn', 'error')),
      text ${text} NOT NULL,
      PRIMARY KEY (run, server, account, n)
    );

    CREATE TABLE scans (
      server ${text} NOT NULL,
      account ${text} NOT NULL,
      at bigint NOT NULL,
      error ${text},
      PRIMARY KEY (server, account)
    );

    CREATE TABLE samples (
      server ${text} NOT NULL,
      account ${text} NOT NULL,
      root ${text} NOT NULL,
      at bigint NOT NULL,
      used_bytes bigint,
      limit_bytes bigint,
      used_messages bigint,
      limit_messages bigint,
      PRIMARY KEY (server, account, root, at)
    );

    CREATE TABLE folder_samples (
      server ${text} NOT NULL,
      account ${text} NOT NULL,
      path ${text} NOT NULL,
      at bigint NOT NULL,
      messages bigint NOT NULL,
      bytes bigint NOT NULL,
      PRIMARY KEY (server, account, path)
    );

    CREATE TABLE daemons (
      id ${text} PRIMARY KEY,
      host ${text} NOT NULL,
      pid bigint NOT NULL,
      started bigint NOT NULL,
      seen bigint NOT NULL,
      state ${text} NOT NULL
    );

    CREATE TABLE known_policies (
      name ${text} PRIMARY KEY,
      since bigint NOT NULL
    );

    CREATE TABLE run_outcomes (
      policy ${text} NOT NULL,
      server ${text} NOT NULL,
      account ${text} NOT NULL,
      failed bigint NOT NULL,
      limits ${text} NOT NULL,
      succeeded bigint,
      PRIMARY KEY (policy, server, account)
    );

    CREATE TABLE run_totals (
      policy ${text} NOT NULL,
      result ${text} NOT NULL,
      runs bigint NOT NULL,
      archived_messages bigint NOT NULL,
      archived_bytes bigint NOT NULL,
      deleted_messages bigint NOT NULL,
      deleted_bytes bigint NOT NULL,
      PRIMARY KEY (policy, result)
    );

    CREATE TABLE verification_totals (
      store ${text} NOT NULL,
      result ${text} NOT NULL CHECK (result IN ('ok', 'failed')),
      archives bigint NOT NULL,
      PRIMARY KEY (store, result)
    );

    CREATE TABLE days (
      day bigint NOT NULL,
      policy ${text} NOT NULL,
      archived_messages bigint NOT NULL,
      archived_bytes bigint NOT NULL,
      deleted_messages bigint NOT NULL,
      deleted_bytes bigint NOT NULL,
      PRIMARY KEY (day, policy)
    );

    CREATE TABLE encrypted_objects (
      store ${text} NOT NULL,
      key ${text} NOT NULL,
      bytes bigint NOT NULL,
      sha256 ${text} NOT NULL,
      recipients ${text} NOT NULL,
      plain_sha256 ${text} NOT NULL,
      plain bytea,
      PRIMARY KEY (store, key)
    );

    CREATE TABLE readable (
      store ${text} NOT NULL,
      recipients ${text} NOT NULL,
      at bigint NOT NULL,
      PRIMARY KEY (store, recipients)
    );

    CREATE TABLE notices (
      id ${text} PRIMARY KEY,
      server ${text} NOT NULL,
      account ${text} NOT NULL,
      policy ${text} NOT NULL,
      at bigint NOT NULL,
      folder ${text} NOT NULL,
      state ${text} NOT NULL CHECK (state IN ('sending', 'sent', 'refused')),
      uid_validity bigint,
      uid bigint,
      detail ${text}
    );

    CREATE INDEX notices_account ON notices (server, account, at);

    CREATE TABLE blames (
      folder_id bigint NOT NULL REFERENCES folders (id),
      uid bigint NOT NULL,
      times bigint NOT NULL,
      at bigint NOT NULL,
      PRIMARY KEY (folder_id, uid)
    );

    CREATE TABLE suspects (
      folder_id bigint NOT NULL REFERENCES folders (id),
      uid bigint NOT NULL,
      times bigint NOT NULL,
      since bigint NOT NULL,
      PRIMARY KEY (folder_id, uid)
    );

    CREATE TABLE restores (
      server ${text} NOT NULL,
      account ${text} NOT NULL,
      folder ${text} NOT NULL,
      uid_validity bigint,
      uid bigint,
      sha256 bytea NOT NULL CHECK (length(sha256) = 32),
      outcome ${text} NOT NULL CHECK (outcome IN ('restored', 'refused', 'altered', 'trashed', 'appended')),
      detail ${text},
      at bigint NOT NULL
    );

    CREATE INDEX restores_folder ON restores (server, account, folder, at);

    CREATE TABLE folder_refusals (
      server ${text} NOT NULL,
      account ${text} NOT NULL,
      folder ${text} NOT NULL,
      code ${text} NOT NULL,
      words ${text} NOT NULL,
      stage ${text} NOT NULL,
      refused bigint NOT NULL,
      since bigint NOT NULL,
      times bigint NOT NULL,
      next bigint NOT NULL,
      PRIMARY KEY (server, account, folder)
    );

    CREATE TABLE totals (
      what ${text} NOT NULL,
      place ${text} NOT NULL,
      times bigint NOT NULL,
      PRIMARY KEY (what, place)
    );

    CREATE INDEX runs_acted ON runs (finished) WHERE acted = 1;

    CREATE INDEX archives_verified ON archives (verified_at);

    CREATE INDEX restores_at ON restores (at);

    CREATE TABLE newest_samples (
      server ${text} NOT NULL,
      account ${text} NOT NULL,
      root ${text} NOT NULL,
      at bigint NOT NULL,
      used_bytes bigint,
      limit_bytes bigint,
      used_messages bigint,
      limit_messages bigint,
      PRIMARY KEY (server, account, root)
    );

    CREATE TABLE lines_text (
      rowid bigint PRIMARY KEY,
      sender tsvector NOT NULL,
      recipients tsvector NOT NULL,
      subject tsvector NOT NULL
    );

    CREATE INDEX lines_text_words ON lines_text USING gin (sender, recipients, subject);
  `,
};
