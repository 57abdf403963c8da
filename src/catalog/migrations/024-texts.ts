import type { Migration } from './migration.ts';

/** What is written in archived mail, where a policy asks for an index of it; numbered as the lines are. */
export const texts: Migration = {
  number: 24,
  name: 'texts',
  sql: `
    -- 0: not asked for · 1: wanted · 2: indexed · 3: failed
    ALTER TABLE archives ADD COLUMN text_state INTEGER NOT NULL DEFAULT 0 CHECK (text_state BETWEEN 0 AND 3);
    CREATE INDEX archives_text_wanted ON archives (folder_id) WHERE text_state = 1;

    CREATE TABLE texts (
      n INTEGER PRIMARY KEY REFERENCES lines (n),
      attached INTEGER NOT NULL,
      attachments TEXT NOT NULL,
      body TEXT NOT NULL
    ) STRICT;

    CREATE VIRTUAL TABLE texts_index USING fts5 (
      body, attachments,
      content = '', columnsize = 0,
      tokenize = "unicode61 remove_diacritics 2"
    );
  `,
};
