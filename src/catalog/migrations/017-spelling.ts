import type { Migration } from './migration.ts';

/** How the server spells a folder's path, and what the folder is for: a restore elsewhere needs both. */
export const folderSpelling: Migration = {
  number: 17,
  name: 'spelling',
  sql: `
    ALTER TABLE batches ADD COLUMN delimiter TEXT;
    ALTER TABLE batches ADD COLUMN prefix TEXT;
    ALTER TABLE archives ADD COLUMN roles TEXT;
    ALTER TABLE archives ADD COLUMN delimiter TEXT;
    ALTER TABLE archives ADD COLUMN prefix TEXT;
  `,
};
