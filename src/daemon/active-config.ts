import { type App, compose, type Watch } from '../compose.ts';
import type { Config } from '../config/config.ts';
import { accountKey, type AccountRef } from '../domain/account.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Locks } from '../ports/locks.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Progress } from '../ports/progress.ts';
import type { Schedule } from '../ports/schedule.ts';
import type { StoreGate } from '../preflight/store-gate.ts';
import { timetable, type TimetableEntry } from '../watch/timetable.ts';

/** An unfit store is tried again after this time. */
const gateAgeMs = 10 * 60 * 1000;

export interface ScheduledTask extends TimetableEntry {
  readonly schedule: Schedule;
  /** Since when the schedule has been like this. */
  readonly known: Date;
}

/** A loaded configuration in use, from its load until it is replaced and its last job has ended. */
export class ActiveConfig {
  readonly config: Config;
  readonly app: App;
  readonly entries: readonly ScheduledTask[];
  /** Ends its jobs at their next safe point. */
  readonly #stop: AbortController;
  readonly #accounts: ReadonlySet<string>;
  readonly #jobs = new Set<Promise<void>>();
  #gate: { readonly gate: StoreGate; readonly made: number } | null = null;

  private constructor(app: App, entries: readonly ScheduledTask[], stop: AbortController) {
    this.config = app.config;
    this.app = app;
    this.entries = entries;
    this.#stop = stop;
    this.#accounts = new Set(app.config.accounts.map(accountKey));
  }

  static async open(config: Config, shared: SharedParts): Promise<ActiveConfig> {
    const stop = new AbortController();
    const signal = AbortSignal.any([shared.signal, stop.signal]);
    const { catalog, locks, log, clock, throttled, watch } = shared;
    const app = await compose(config, {
      database: 'create',
      progress: noteTo(log),
      signal,
      clock,
      opened: { catalog, locks },
      throttled,
      ...(watch === undefined ? {} : { watch }),
    });
    const wanted = timetable(config);
    const known = await catalog.knowSchedules(wanted, app.clock.now());
    const entries = wanted.map((entry) => ({
      ...entry,
      schedule: app.schedule(entry.expression, entry.timezone),
      known: known.get(entry.name) ?? app.clock.now(),
    }));
    return new ActiveConfig(app, entries, stop);
  }

  /** Whether the configuration still has the account. */
  has(ref: AccountRef): boolean {
    return this.#accounts.has(accountKey(ref));
  }

  /** The current gate; a job keeps the one that it began with. */
  gate(): StoreGate {
    const now = this.app.clock.now().getTime();
    if (this.#gate === null || now - this.#gate.made >= gateAgeMs)
      this.#gate = { gate: this.app.freshGate(), made: now };
    return this.#gate.gate;
  }

  /** The next job looks at every store again. */
  renewGate(): void {
    this.#gate = null;
  }

  /** Runs a job that uses this configuration, which is not closed meanwhile. */
  async run(job: () => Promise<void>): Promise<void> {
    const running = job();
    this.#jobs.add(running);
    try {
      await running;
    } finally {
      this.#jobs.delete(running);
    }
  }

  /** Stops its jobs at their next safe point, with this reason. */
  stop(reason: Error): void {
    this.#stop.abort(reason);
  }

  /** Closes it when its last job has ended. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#jobs);
    await this.app[Symbol.asyncDispose]();
  }
}

/** What all configurations of one daemon have in common. */
export interface SharedParts {
  readonly catalog: Catalog;
  readonly locks: Locks;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly throttled: (server: string, waitedMs: number) => void;
  /** Left out: nothing is observed. */
  readonly watch?: Watch;
}

/** Notes of connections and stores, which belong to no run. */
function noteTo(log: Log): Progress {
  return {
    begin: () => undefined,
    advance: () => undefined,
    end: () => undefined,
    note: (line) => log.warn(line),
  };
}
