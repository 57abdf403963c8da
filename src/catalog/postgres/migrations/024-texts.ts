import type { Migration } from '../../migrations/migration.ts';
import { text } from './016-baseline-archives.ts';

export const textsTwin: Migration = {
  number: 24,
  name: 'texts',
  sql: `
    ALTER TABLE archives ADD COLUMN text_state bigint NOT NULL DEFAULT 0 CHECK (text_state BETWEEN 0 AND 3);
    CREATE INDEX archives_text_wanted ON archives (folder_id) WHERE text_state = 1;

    CREATE TABLE texts (
      n bigint PRIMARY KEY REFERENCES lines (n),
      attached bigint NOT NULL,
      attachments ${text} NOT NULL,
      body ${text} NOT NULL
    );

    CREATE TABLE texts_index (
      rowid bigint PRIMARY KEY,
      body tsvector NOT NULL,
      attachments tsvector NOT NULL
    );
    CREATE INDEX texts_index_body ON texts_index USING gin (body);
    CREATE INDEX texts_index_attachments ON texts_index USING gin (attachments);
  `,
};
