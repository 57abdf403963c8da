import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import process from 'node:process';
import { errorMessage } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { pauseText } from '../preflight/pause.ts';
import { type DaemonState, writeDaemonState } from '../watch/daemon-state.ts';

/** How often a daemon reports that it is alive, in milliseconds. */
export const beatEveryMs = 2_000;
/** After this number of failed beats in a row the catalog counts as unusable. */
const patience = 5;

/** Reports to the catalog that the daemon is alive and what it does, and reads there whether it is paused. */
export class Heartbeat {
  readonly #id = randomUUID();
  readonly #started: Date;
  readonly #catalog: Catalog;
  readonly #clock: Clock;
  readonly #log: Log;
  #failures = 0;
  #paused = false;

  constructor(catalog: Catalog, clock: Clock, log: Log) {
    this.#catalog = catalog;
    this.#clock = clock;
    this.#log = log;
    this.#started = clock.now();
  }

  /** Why the catalog can't be used now; null: it can. */
  get fault(): string | null {
    return this.#failures === 0 ? null : 'the catalog cannot be used';
  }

  /** As the last beat found it. */
  get paused(): boolean {
    return this.#paused;
  }

  /**
   * `then` is done at the same beat; `resumed` is true when a pause has ended since the last one. If it
   * fails, the beat has failed, and the next one calls it with the same value.
   * @throws `database` when it failed too often.
   */
  async beat(state: DaemonState, then: (resumed: boolean) => Promise<void>): Promise<void> {
    try {
      await this.#catalog.heartbeat({
        id: this.#id,
        host: hostname(),
        pid: process.pid,
        started: this.#started,
        seen: this.#clock.now(),
        state: writeDaemonState(state),
      });
      const pause = await this.#catalog.paused();
      const resumed = this.#paused && pause === null;
      if (!this.#paused && pause !== null) this.#log.warn(pauseText(pause));
      if (pause !== null) this.#paused = true;
      await then(resumed);
      if (resumed) this.#log.info('resumed');
      this.#paused = pause !== null;
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      this.#log.error(`the catalog can't be used: ${errorMessage(error)}`);
      if (this.#failures >= patience) throw error;
    }
  }

  async gone(): Promise<void> {
    await this.#catalog.daemonGone(this.#id);
  }
}
