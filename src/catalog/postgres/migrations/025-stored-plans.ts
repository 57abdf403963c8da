import { storedPlans } from '../../migrations/025-stored-plans.ts';
import type { Migration } from '../../migrations/migration.ts';
import { text } from './016-baseline-archives.ts';

export const storedPlansTwin: Migration = {
  number: storedPlans.number,
  name: storedPlans.name,
  sql: `
    CREATE TABLE stored_plans (
      policy ${text} NOT NULL,
      server ${text} NOT NULL,
      account ${text} NOT NULL,
      policy_hash ${text} NOT NULL,
      tried bigint NOT NULL,
      error ${text},
      at bigint,
      messages bigint,
      bytes bigint,
      idle ${text},
      before_at bigint,
      before_messages bigint,
      before_bytes bigint,
      changed_at bigint,
      changed_messages bigint,
      changed_bytes bigint,
      PRIMARY KEY (policy, server, account)
    );
    CREATE INDEX runs_policy ON runs (policy, started);
  `,
};
