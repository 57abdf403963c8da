import type { Migration } from '../../migrations/migration.ts';
import { text } from './016-baseline-archives.ts';

export const pacesTwin: Migration = {
  number: 27,
  name: 'paces',
  sql: `
    CREATE TABLE paces (
      server ${text} PRIMARY KEY,
      free bigint NOT NULL
    );
  `,
};
