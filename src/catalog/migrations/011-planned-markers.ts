import type { Migration } from './migration.ts';

/** A store's marker is recorded before it is written to the store, and until then it is only planned. */
export const plannedMarkers: Migration = {
  number: 11,
  name: 'planned-markers',
  sql: `ALTER TABLE stores ADD COLUMN planned INTEGER NOT NULL DEFAULT 0 CHECK (planned IN (0, 1));`,
};
