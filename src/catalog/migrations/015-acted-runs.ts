import type { Migration } from './migration.ts';

/** Which runs archived or deleted something: only they prove that a moment has passed. */
export const actedRuns: Migration = {
  number: 15,
  name: 'acted-runs',
  sql: `
    ALTER TABLE runs ADD COLUMN acted INTEGER NOT NULL DEFAULT 0 CHECK (acted IN (0, 1));
    UPDATE runs SET acted = 1
    WHERE json_valid(report)
      AND (report ->> '$.archived.messages') + (report ->> '$.deleted.messages') > 0;
    CREATE INDEX runs_acted ON runs (finished) WHERE acted = 1;
    CREATE INDEX archives_verified ON archives (verified_at);
    CREATE INDEX restores_at ON restores (at);
  `,
};
