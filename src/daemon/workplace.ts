import type { Metrics } from '../metrics/metrics.ts';
import type { Log } from '../ports/log.ts';
import type { Activity } from '../watch/daemon-state.ts';
import type { DueFinder } from './due-policies.ts';
import type { Site } from './site.ts';

/** What the daemon's jobs need. */
export interface Workplace {
  readonly site: Site;
  readonly due: DueFinder;
  readonly activity: Activity;
  readonly metrics: Metrics;
  readonly log: Log;
}
