import type { Migration } from './migration.ts';

/** A search for the few largest messages of very many. */
export const sizes: Migration = {
  number: 26,
  name: 'sizes',
  sql: 'CREATE INDEX lines_size ON lines (size);',
};
