/**
 * `daemon/`: runs schedules until a signal. `daemon.ts` reads top to bottom: open, start, wait, stop.
 * `configuration.ts` is the configuration in force and replaces it on a reload, `active-config.ts` one
 * of them at work, `dispatch.ts` turns schedules into jobs on the queue; `*-job.ts` are the jobs.
 * What is due follows from the schedules and the catalog, so a crash loses nothing.
 * May import `compose`, every use case, `metrics`, the read side of `config` and what is below the
 * rooms, but no adapter.
 */
import { newQueue, openCatalogOf } from '../compose.ts';
import type { Config } from '../config/config.ts';
import { errorMessage, MothballError } from '../errors.ts';
import { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { version } from '../version.ts';
import { Activity } from '../watch/daemon-state.ts';
import { ActiveConfig, type SharedParts } from './active-config.ts';
import { Configuration, loadSettled } from './configuration.ts';
import { Dispatcher } from './dispatch.ts';
import { beatEveryMs, Heartbeat } from './heartbeat.ts';
import { every, within } from './repeat.ts';
import { CatalogTotals, showConfiguration, showHistory, showLastDone } from './telemetry.ts';
import { type Condition, Web } from './web.ts';

export interface DaemonOptions {
  /** Reads the configuration, again for each reload. @throws ConfigError. */
  readonly load: () => Promise<Config>;
  readonly log: Log;
  /** SIGTERM or SIGINT: stop. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Calls back at each SIGHUP. */
  readonly onHangup: (listener: () => void) => Disposable;
  /** How long to wait for running jobs when stopped; null: as configured. Milliseconds. */
  readonly graceMs: number | null;
}

/**
 * Schedules → queue → jobs, until the signal. What runs then gets its grace to reach a safe point;
 * whatever has not reached one is settled by the next start, as after a crash.
 * @throws ConfigError, `database` when it can't start, or can't continue.
 */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  // Without a listener a SIGHUP ends the process, so one is installed for the whole lifetime.
  using hangup = new Hangup(options.onHangup);
  const daemon = await Daemon.open(options);
  await daemon.run(hangup);
}

/** SIGHUP: one that comes too early is remembered, one that comes too late is ignored. */
class Hangup implements Disposable {
  readonly #registration: Disposable;
  #listener: (() => void) | null = null;
  #came = false;

  constructor(onHangup: DaemonOptions['onHangup']) {
    this.#registration = onHangup(() => {
      this.#came = true;
      this.#listener?.();
    });
  }

  /** Calls back at each one, and at once if one came before. */
  listen(listener: () => void): void {
    this.#listener = listener;
    if (this.#came) listener();
  }

  ignore(): void {
    this.#listener = null;
  }

  [Symbol.dispose](): void {
    this.#registration[Symbol.dispose]();
  }
}

/** What is read and opened before the daemon is put together. */
interface DaemonParts {
  readonly options: DaemonOptions;
  readonly shared: SharedParts;
  /** Ends the daemon by a fault of its own. */
  readonly failing: AbortController;
  readonly metrics: Metrics;
  readonly active: ActiveConfig;
  /** Fingerprint of the files of `active`. */
  readonly print: string;
  readonly totals: CatalogTotals;
}

class Daemon {
  readonly #parts: DaemonParts;
  readonly #queue = newQueue();
  readonly #condition: Condition = { dead: null, unready: 'starting' };
  readonly #faults: Error[] = [];
  readonly #activity: Activity;
  readonly #heartbeat: Heartbeat;
  readonly #configuration: Configuration;
  readonly #web: Web;
  readonly #dispatcher: Dispatcher;

  /** Reads the configuration, opens the catalog, and shows in the metrics what earlier processes recorded. */
  static async open(options: DaemonOptions): Promise<Daemon> {
    const { load, log, clock } = options;
    const failing = new AbortController();
    const signal = AbortSignal.any([options.signal, failing.signal]);
    const metrics = new Metrics(version);
    const { config, print } = await loadSettled(load);
    const catalog = await openCatalogOf(config);
    const throttled = (server: string, waitedMs: number): void =>
      metrics.imapThrottled(server, waitedMs / 1000);
    const shared = { catalog, log, signal, clock, throttled };
    const active = await ActiveConfig.open(config, shared);
    await showConfiguration(metrics, catalog, active, clock.now());
    await showLastDone(metrics, catalog, config);
    await showHistory(metrics, catalog, clock);
    metrics.leader(true);
    const totals = await CatalogTotals.start(metrics, catalog);
    return new Daemon({ options, shared, failing, metrics, active, print, totals });
  }

  /** Puts the parts together; nothing of them runs yet. */
  private constructor(parts: DaemonParts) {
    const { options, shared, metrics, active, print } = parts;
    const { catalog, log, clock } = shared;
    this.#parts = parts;
    this.#activity = new Activity(clock);
    this.#heartbeat = new Heartbeat(catalog, clock, log);
    this.#dispatcher = new Dispatcher({ queue: this.#queue, activity: this.#activity, metrics, log }, active);
    const configurationParts = {
      ...shared,
      load: options.load,
      activity: this.#activity,
      metrics,
      install: (next: ActiveConfig): void => this.#dispatcher.install(next),
      settle: (next: ActiveConfig): Promise<void> => this.#settle(next),
    };
    this.#configuration = new Configuration(configurationParts, active, print);
    this.#web = new Web(metrics, this.#condition, () => this.#configuration.active.app, log);
  }

  /** Runs until the signal or a fault. @throws the first fault, after an orderly stop. */
  async run(hangup: Hangup): Promise<void> {
    await this.#start();
    hangup.listen(() => void this.#configuration.reload());
    await this.#untilStopped();
    hangup.ignore();
    await this.#stop();
    const [fault] = this.#faults;
    if (fault !== undefined) throw fault;
  }

  async #start(): Promise<void> {
    const { shared, active } = this.#parts;
    const { config } = active;
    await this.#web.follow(config);
    this.#dispatcher.start();
    shared.log.info('daemon started', { accounts: config.accounts.length, policies: config.policies.length });
    for (const warning of config.warnings) shared.log.warn(warning);
    await this.#dispatcher.catchUp();
    await this.#beat();
  }

  /** What ends one loop ends the other, and then the daemon in good order, as a signal does. */
  async #untilStopped(): Promise<void> {
    const { signal } = this.#parts.shared;
    const configuration = this.#configuration;
    const looks = every(
      () => configuration.lookEveryMs,
      signal,
      () => configuration.look(),
    );
    const beats = every(
      () => beatEveryMs,
      signal,
      () => this.#beat(),
    );
    await Promise.all([looks, beats].map((loop) => loop.catch((error: unknown) => this.#failed(error))));
  }

  /** Waits for running jobs as long as the grace lasts. */
  async #stop(): Promise<void> {
    const { log, catalog } = this.#parts.shared;
    this.#condition.unready = 'stopping';
    this.#activity.stopping();
    this.#dispatcher.stop();
    await this.#heartbeat
      .beat(this.#activity.state(0), async () => undefined)
      .catch((error: unknown) => this.#failed(error));
    const graceMs = this.#parts.options.graceMs ?? this.#configuration.active.config.daemon.graceMs;
    log.info('stopping: waiting for running jobs to reach a safe point', { graceMs });
    const drained = await within(graceMs, () => this.#drain());
    await this.#heartbeat.gone().catch((error: unknown) => this.#failed(error));
    if (drained) {
      await catalog[Symbol.asyncDispose]();
      log.info('stopped');
    } else log.warn('stopped before all jobs had ended; the next start settles what is open');
  }

  async #drain(): Promise<void> {
    await this.#queue.drain();
    await this.#web.close();
    await this.#configuration.close();
  }

  async #beat(): Promise<void> {
    const waiting = [...this.#queue.stats().values()].reduce((sum, server) => sum + server.waiting, 0);
    // After a pause everything that became due meanwhile is done.
    await this.#heartbeat.beat(this.#activity.state(waiting), async (resumed) => {
      if (resumed) await this.#dispatcher.catchUp();
      await this.#parts.totals.show(this.#configuration.active.config);
    });
    this.#parts.metrics.paused(this.#heartbeat.paused);
    this.#condition.unready = this.#heartbeat.fault;
  }

  /** Does what a reloaded configuration asks for at once. */
  async #settle({ config }: ActiveConfig): Promise<void> {
    await this.#web.move(config);
    await showLastDone(this.#parts.metrics, this.#parts.shared.catalog, config);
    this.#parts.totals.recount();
    await this.#dispatcher.catchUp();
  }

  #failed(error: unknown): void {
    const reason = errorMessage(error);
    this.#faults.push(error instanceof Error ? error : new Error(reason));
    this.#condition.dead ??= reason;
    this.#parts.shared.log.error(`the daemon can't continue: ${reason}`);
    this.#parts.failing.abort(
      new MothballError({ fact: `the daemon ended: ${reason}` }, { code: 'interrupted' }),
    );
  }
}
