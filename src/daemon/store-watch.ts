import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '../compose.ts';
import type { Metrics, Space } from '../metrics/metrics.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { RemovableStore } from '../ports/store.ts';
import { WatchedStore } from './watched-store.ts';

/** A store that has not answered for this long is disabled, in milliseconds. */
const patienceMs = 60_000;
/** A failed write to a bucket counts for this long, unless a later one succeeds: the canary is as old by then. */
const writeFaultMs = 26 * 60 * 60 * 1000;
/** Beside the object that did not fit, room for what belongs to it, in bytes. */
const spareBytes = 1024 * 1024;

interface State {
  /** What gates and probes found last; null: fit for use. */
  verdict: string | null;
  /** The last write, if it failed. */
  failed: { readonly bytes: number; readonly reason: string; readonly at: number } | null;
  /** As it was last logged. */
  logged: string | null;
}

/** A store that is not used, and why. */
export interface DisabledStore {
  readonly store: string;
  readonly reason: string;
}

/**
 * Whether the stores can be used, from everything that happens to them: what gates find, writes that
 * fail, and a probe with each scan. A change is logged once.
 */
export class StoreWatch {
  readonly #states = new Map<string, State>();
  readonly #probes = new Set<string>();
  readonly #metrics: Metrics;
  readonly #log: Log;
  readonly #clock: Clock;
  /** Called when a store became fit for use again. */
  #recovered: (store: string) => void = () => undefined;

  constructor(metrics: Metrics, log: Log, clock: Clock) {
    this.#metrics = metrics;
    this.#log = log;
    this.#clock = clock;
  }

  onRecovery(recovered: (store: string) => void): void {
    this.#recovered = recovered;
  }

  store(store: RemovableStore): RemovableStore {
    return new WatchedStore(store, (name, { bytes, fault }) => this.wrote(name, bytes, fault));
  }

  verdict(name: string, fault: string | null): void {
    this.#of(name).verdict = fault;
    this.#show(name);
  }

  /** A write of this size; `fault` null: it succeeded. A small one says nothing of a larger one that failed. */
  wrote(name: string, bytes: number, fault: string | null): void {
    const state = this.#of(name);
    if (fault !== null) state.failed = { bytes, reason: fault, at: this.#clock.now().getTime() };
    else if (state.failed !== null && bytes >= state.failed.bytes) state.failed = null;
    else return;
    this.#show(name);
  }

  /** The stores that are disabled, as they were last found. Asks no store. */
  disabled(): readonly DisabledStore[] {
    return [...this.#states].flatMap(([store, state]) => {
      const reason = faultOf(state);
      return reason === null ? [] : [{ store, reason }];
    });
  }

  /** Asks every store of the configuration, and forgets the others. */
  async probe(app: Pick<App, 'stores' | 'gate'>, space: Space): Promise<void> {
    for (const name of this.#states.keys()) if (!app.stores.has(name)) this.#states.delete(name);
    await Promise.all([...app.stores.keys()].map((name) => this.#ask(app, name, space)));
  }

  async #ask({ gate }: Pick<App, 'gate'>, name: string, space: Space): Promise<void> {
    // A probe that never ends must not be joined by others.
    if (this.#probes.has(name)) return;
    this.#probes.add(name);
    const asked = gate
      .inspect(name)
      .then(({ refusals }) => (refusals.length === 0 ? null : refusals.join('; ')))
      .finally(() => this.#probes.delete(name));
    const late = new AbortController();
    const silent = sleep(patienceMs, `it did not answer within ${patienceMs / 1000} s`, {
      signal: late.signal,
    });
    silent.catch(() => undefined);
    try {
      const fault = await Promise.race([asked, silent]);
      this.#forgive(name, fault, space);
      this.verdict(name, fault);
    } finally {
      late.abort();
    }
  }

  /** A write that failed long ago, or for want of room that there is now, no longer counts. */
  #forgive(name: string, fault: string | null, { stores }: Space): void {
    const state = this.#of(name);
    if (state.failed === null || fault !== null) return;
    const { bytes, at } = state.failed;
    const free = stores.get(name);
    const over =
      free === undefined || free === null
        ? this.#clock.now().getTime() - at > writeFaultMs
        : free > bytes + spareBytes;
    if (over) state.failed = null;
  }

  #show(name: string): void {
    const state = this.#of(name);
    const reason = faultOf(state);
    this.#metrics.storeUp(name, reason === null);
    if ((reason === null) === (state.logged === null)) return;
    state.logged = reason;
    if (reason !== null) return this.#log.error(`store "${name}" is disabled: ${reason}`, { store: name });
    this.#log.info(`store "${name}" is fit for use again`, { store: name });
    this.#recovered(name);
  }

  #of(name: string): State {
    const known = this.#states.get(name);
    if (known !== undefined) return known;
    const state = { verdict: null, failed: null, logged: null };
    this.#states.set(name, state);
    return state;
  }
}

function faultOf({ verdict, failed }: State): string | null {
  return verdict ?? failed?.reason ?? null;
}
