import type { Migration } from './migration.ts';

/** Which lines a run was about to delete: its deletions can be undone (`restore --run`). */
export const purgedLines: Migration = {
  number: 18,
  name: 'purged-lines',
  sql: `
    CREATE TABLE purged_lines (
      run TEXT NOT NULL,
      archive_n INTEGER NOT NULL REFERENCES archives (n),
      lines TEXT NOT NULL
    ) STRICT;
    CREATE INDEX purged_lines_run ON purged_lines (run);
    CREATE INDEX archives_run ON archives (run);
  `,
};
