import type { Migration } from '../../migrations/migration.ts';
import { text } from './016-baseline-archives.ts';

export const leaseTwin: Migration = {
  number: 22,
  name: 'leases',
  sql: `
    CREATE TABLE leases (
      name ${text} PRIMARY KEY,
      token ${text} NOT NULL,
      host ${text} NOT NULL,
      pid bigint NOT NULL,
      machine ${text} NOT NULL,
      since bigint NOT NULL,
      seen bigint NOT NULL,
      expires bigint NOT NULL
    );
  `,
};
