import type { Migration } from './migration.ts';

/**
 * Whether this catalog saw an archive being written, or only found it. What was recorded before can't
 * be told apart once a reindex has run, so all of it counts as found then: that costs reading the
 * mail on the server once more, and nothing else.
 */
export const origin: Migration = {
  number: 10,
  name: 'origin',
  sql: `
    ALTER TABLE archives ADD COLUMN origin TEXT NOT NULL DEFAULT 'found'
      CHECK (origin IN ('sealed', 'adopted', 'imported', 'found'));
    UPDATE archives SET origin = 'sealed'
      WHERE NOT EXISTS (SELECT 1 FROM audit WHERE action = 'reindex');
  `,
};
