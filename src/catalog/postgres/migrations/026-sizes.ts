import type { Migration } from '../../migrations/migration.ts';

export const sizesTwin: Migration = {
  number: 26,
  name: 'sizes',
  sql: 'CREATE INDEX lines_size ON lines (size);',
};
