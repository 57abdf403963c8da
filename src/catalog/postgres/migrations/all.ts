import type { Migration } from '../../migrations/migration.ts';
import { baseline } from './016-baseline.ts';
import { leaseTwin } from './017-leases.ts';

/** Every migration of PostgreSQL, in order. */
export const postgresMigrations: readonly Migration[] = [baseline, leaseTwin];
