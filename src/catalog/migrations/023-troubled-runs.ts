import type { Migration } from './migration.ts';

/** Runs that did not succeed are few; the overview of thousands of accounts looks for no others. */
export const troubledRuns: Migration = {
  number: 23,
  name: 'troubled-runs',
  sql: `
    CREATE INDEX runs_troubled ON runs (policy, server, account, started)
    WHERE result IS NULL OR result <> 'success';
  `,
};
