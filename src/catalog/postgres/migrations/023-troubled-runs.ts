import { troubledRuns } from '../../migrations/023-troubled-runs.ts';
import type { Migration } from '../../migrations/migration.ts';

/** The same statement in both. */
export const troubledRunsTwin: Migration = { ...troubledRuns };
