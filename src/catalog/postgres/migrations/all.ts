import type { Migration } from '../../migrations/migration.ts';
import { baseline } from './016-baseline.ts';
import { accountPausesTwin, aliasesTwin, identityTwin, purgedLinesTwin, spellingTwin } from './017-021.ts';
import { leaseTwin } from './022-leases.ts';
import { troubledRunsTwin } from './023-troubled-runs.ts';
import { textsTwin } from './024-texts.ts';
import { storedPlansTwin } from './025-stored-plans.ts';
import { sizesTwin } from './026-sizes.ts';
import { pacesTwin } from './027-paces.ts';

/** Every migration of PostgreSQL, in order. */
export const postgresMigrations: readonly Migration[] = [
  baseline,
  spellingTwin,
  purgedLinesTwin,
  aliasesTwin,
  identityTwin,
  accountPausesTwin,
  leaseTwin,
  troubledRunsTwin,
  textsTwin,
  storedPlansTwin,
  sizesTwin,
  pacesTwin,
];
