import type { Metrics } from '../metrics/metrics.ts';
import type { Log } from '../ports/log.ts';
import type { Activity } from '../watch/daemon-state.ts';
import type { ActiveConfig } from './active-config.ts';
import type { Pings } from './pings.ts';
import type { ServerWatch } from './server-watch.ts';
import type { StoreWatch } from './store-watch.ts';
import type { DueFinder } from './due-policies.ts';

/** What the daemon's jobs need. */
export interface JobContext {
  readonly active: ActiveConfig;
  readonly due: DueFinder;
  readonly activity: Activity;
  readonly metrics: Metrics;
  readonly log: Log;
  /** What the runs since the last pings came to. */
  readonly pings: Pings;
  readonly servers: ServerWatch;
  readonly stores: StoreWatch;
}
