import type { Migration } from '../../migrations/migration.ts';
import { text } from './016-baseline-archives.ts';

export const spellingTwin: Migration = {
  number: 17,
  name: 'spelling',
  sql: `
    ALTER TABLE batches ADD COLUMN delimiter ${text}, ADD COLUMN prefix ${text};
    ALTER TABLE archives ADD COLUMN roles ${text}, ADD COLUMN delimiter ${text}, ADD COLUMN prefix ${text};
  `,
};

export const purgedLinesTwin: Migration = {
  number: 18,
  name: 'purged-lines',
  sql: `
    CREATE TABLE purged_lines (
      run ${text} NOT NULL,
      archive_n bigint NOT NULL REFERENCES archives (n),
      lines ${text} NOT NULL
    );
    CREATE INDEX purged_lines_run ON purged_lines (run);
    CREATE INDEX archives_run ON archives (run);
  `,
};

export const aliasesTwin: Migration = {
  number: 19,
  name: 'aliases',
  sql: `
    CREATE TABLE aliases (
      from_server ${text} NOT NULL,
      from_account ${text},
      to_server ${text} NOT NULL,
      to_account ${text},
      at bigint NOT NULL
    );
  `,
};

export const identityTwin: Migration = {
  number: 20,
  name: 'identity',
  sql: `
    CREATE TABLE identity (
      one bigint PRIMARY KEY CHECK (one = 1),
      id ${text} NOT NULL
    );
  `,
};

export const accountPausesTwin: Migration = {
  number: 21,
  name: 'account-pauses',
  sql: `
    CREATE TABLE account_pauses (
      server ${text} NOT NULL,
      account ${text} NOT NULL,
      kind ${text} NOT NULL,
      words ${text} NOT NULL,
      since bigint NOT NULL,
      times bigint NOT NULL,
      until bigint NOT NULL,
      PRIMARY KEY (server, account)
    );
    CREATE TABLE account_traffic (
      server ${text} NOT NULL,
      account ${text} NOT NULL,
      hour bigint NOT NULL,
      bytes bigint NOT NULL,
      commands bigint NOT NULL,
      PRIMARY KEY (server, account, hour)
    );
  `,
};
