import type { Migration } from './migration.ts';

/** Stores that keep versions: which one an archive's object is. */
export const objectVersion: Migration = {
  number: 2,
  name: 'object version',
  sql: `
    ALTER TABLE archives ADD COLUMN object_version TEXT;
  `,
};
