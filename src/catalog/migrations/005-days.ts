import type { Migration } from './migration.ts';

/** What was archived and deleted on each day, for the chart on the page: runs are forgotten after a while. */
export const days: Migration = {
  number: 5,
  name: 'days',
  sql: `
    CREATE TABLE days (
      day INTEGER NOT NULL,
      policy TEXT NOT NULL,
      archived_messages INTEGER NOT NULL,
      archived_bytes INTEGER NOT NULL,
      deleted_messages INTEGER NOT NULL,
      deleted_bytes INTEGER NOT NULL,
      PRIMARY KEY (day, policy)
    ) STRICT, WITHOUT ROWID;

    INSERT INTO days SELECT finished / 86400000, policy,
      sum(report ->> '$.archived.messages'), sum(report ->> '$.archived.bytes'),
      sum(report ->> '$.deleted.messages'), sum(report ->> '$.deleted.bytes')
    FROM runs WHERE finished IS NOT NULL AND json_valid(report) GROUP BY 1, 2;
  `,
};
