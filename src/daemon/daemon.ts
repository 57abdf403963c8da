/**
 * `daemon/`: runs schedules until a signal. `open.ts` opens the ports first, then the catalog;
 * `daemon.ts` reads top to bottom: start, wait, stop. `configuration.ts` is the configuration in force
 * and replaces it on a reload, `active-config.ts` one of them at work, `dispatch.ts` turns schedules
 * into jobs on the queue; `*-job.ts` are the jobs. `server-watch.ts` and `store-watch.ts` know which
 * servers and stores can be used. What is due follows from the schedules and the catalog, so a crash
 * loses nothing.
 * May import `compose`, every use case, `metrics`, the read side of `config` and what is below the
 * rooms, but no adapter.
 */
import { newQueue } from '../compose.ts';
import { errorMessage, isError, MothballError } from '../errors.ts';
import { Activity } from '../watch/daemon-state.ts';
import { SilentReplicas } from './silent-replicas.ts';
import { lookAtSourcesMs, SourceWatch } from './account-lists.ts';
import type { ActiveConfig } from './active-config.ts';
import { Configuration } from './configuration.ts';
import { Dispatcher } from './dispatch.ts';
import { Hangup } from './hangup.ts';
import { beatEveryMs, Heartbeat } from './heartbeat.ts';
import { type DaemonOptions, type DaemonParts, openDaemon } from './open.ts';
import { Restores } from './restores.ts';
import { every, within } from './repeat.ts';
import { showForecasts, showHistory, showLastDone } from './telemetry.ts';

/** How often it is looked whether the daily housekeeping is due, in milliseconds. */
const houseEveryMs = 15 * 60_000;
/** Beats between two looks at what other replicas did: a minute. */
const beatsPerShow = 30;
/** How long the start waits for forecasts, in milliseconds. */
const forecastMs = 1_000;

/**
 * Schedules → queue → jobs, until the signal. What runs then gets its grace to reach a safe point;
 * whatever has not reached one is settled by the next start, as after a crash.
 * Returns the fault that ended it, which is logged; null: the signal did.
 * @throws ConfigError, `database`, `connect` when it can't start.
 */
export async function runDaemon(options: DaemonOptions): Promise<Error | null> {
  // Without a listener a SIGHUP ends the process, so one is installed for the whole lifetime.
  using hangup = new Hangup(options.onHangup);
  return await new Daemon(await openDaemon(options)).run(hangup);
}

class Daemon {
  readonly #parts: DaemonParts;
  readonly #queue = newQueue();
  readonly #faults: Error[] = [];
  #beats = 0;
  readonly #silent = new SilentReplicas();
  /** Accounts that wait for any replica, as the leader last saw them. */
  #waiting = 0;
  readonly #activity: Activity;
  readonly #heartbeat: Heartbeat;
  readonly #configuration: Configuration;
  readonly #sources: SourceWatch;
  readonly #dispatcher: Dispatcher;
  readonly #restores: Restores;

  /** Puts the parts together; nothing of them runs yet. */
  constructor(parts: DaemonParts) {
    const { options, shared, metrics, active, print, servers, stores, runs, leader } = parts;
    const { catalog, log, clock } = shared;
    this.#parts = parts;
    this.#activity = new Activity(clock);
    this.#heartbeat = new Heartbeat(catalog, clock, log);
    const { activity, queue } = { activity: this.#activity, queue: this.#queue };
    this.#dispatcher = new Dispatcher(
      { queue, runs, leader, activity, metrics, log, servers, stores },
      active,
    );
    servers.onRecovery((server) => this.#dispatcher.recovered(server));
    stores.onRecovery(() => this.#configuration.active.renewGate());
    const configurationParts = {
      ...shared,
      load: options.load,
      activity: this.#activity,
      metrics,
      install: (next: ActiveConfig): void => {
        servers.configure(next.config.accounts);
        this.#dispatcher.install(next);
      },
      settle: (next: ActiveConfig): Promise<void> => this.#settle(next),
    };
    this.#configuration = new Configuration(configurationParts, active, print);
    this.#sources = new SourceWatch({ clock, log, signal: shared.signal, schedule: active.app.schedule });
    this.#restores = new Restores({ active: () => this.#configuration.active, activity, log });
    parts.web.show(() => ({
      ...this.#configuration.active.app,
      disabledStores: () => stores.disabled(),
      restores: this.#restores,
    }));
  }

  /** Runs until the signal or a fault; returns the first fault, after an orderly stop. */
  async run(hangup: Hangup): Promise<Error | null> {
    await this.#start();
    hangup.listen(() => void this.#configuration.reload());
    await this.#untilStopped();
    hangup.ignore();
    await this.#stop();
    return this.#faults[0] ?? null;
  }

  async #start(): Promise<void> {
    const { shared, active } = this.#parts;
    const { config } = active;
    // With few accounts the forecasts are there from the start; with many they follow.
    await within(forecastMs, () => showForecasts(this.#parts.metrics, shared));
    this.#parts.servers.configure(config.accounts);
    this.#dispatcher.start();
    shared.log.info('daemon started', { accounts: config.accounts.length, policies: config.policies.length });
    for (const warning of config.warnings) shared.log.warn(warning);
    await this.#sources.look(active, 'unread');
    await this.#dispatcher.serve();
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
    const days = every(
      () => houseEveryMs,
      signal,
      () => this.#dispatcher.keepHouse(),
    );
    const lists = every(
      () => lookAtSourcesMs,
      signal,
      () => this.#sources.look(configuration.active),
    );
    await Promise.all(
      [looks, beats, days, lists].map((loop) => loop.catch((error: unknown) => this.#failed(error))),
    );
  }

  /** Waits for running jobs as long as the grace lasts. */
  async #stop(): Promise<void> {
    const { log, catalog } = this.#parts.shared;
    this.#parts.condition.unready = 'stopping';
    this.#activity.stopping();
    this.#dispatcher.stop();
    this.#parts.servers.stop();
    await this.#heartbeat
      .beat(this.#activity.state(0, false), async () => undefined)
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
    await Promise.all([this.#queue.drain(), this.#parts.runs?.stop()]);
    await this.#parts.leader.resign();
    await this.#restores.ended();
    await this.#dispatcher.pinged();
    await this.#parts.web.close();
    await this.#configuration.close();
  }

  async #beat(): Promise<void> {
    const { leader } = this.#parts;
    const here = [...this.#queue.stats().values()].reduce((sum, server) => sum + server.waiting, 0);
    const waiting = here + this.#waiting;
    // After a pause everything that became due meanwhile is done.
    await this.#heartbeat.beat(this.#activity.state(waiting, leader.leads), async (resumed) => {
      // A new leader does what the last one left.
      const leads = await leader.look();
      if (leads) await showHistory(this.#parts.metrics, this.#parts.shared.catalog);
      if (resumed || leads) await this.#dispatcher.catchUp();
      const { config, app } = this.#configuration.active;
      await this.#parts.totals.show(config, app.clock.now());
      await this.#showOthers();
    });
    this.#parts.metrics.leader(leader.leads);
    this.#parts.metrics.paused(this.#heartbeat.paused);
    this.#parts.condition.unready = this.#heartbeat.fault;
  }

  /** What other replicas did, now and then: else this one would report it as missing. */
  async #showOthers(): Promise<void> {
    const { metrics, shared, runs } = this.#parts;
    this.#beats += 1;
    if (runs === null) return;
    if (this.#beats % 5 === 0) this.#waiting = await this.#dispatcher.figures.look();
    if (this.#beats % beatsPerShow !== 0) return;
    const silent = await this.#silent.look(shared.catalog, shared.clock.now());
    if (silent && this.#parts.leader.leads) await this.#dispatcher.catchUp();
    metrics.restore({ outcomes: await shared.catalog.runOutcomes() });
    await showLastDone(metrics, shared.catalog, this.#configuration.active.config);
  }

  /** Does what a reloaded configuration asks for at once. */
  async #settle({ config }: ActiveConfig): Promise<void> {
    await this.#parts.web.move(config);
    await showLastDone(this.#parts.metrics, this.#parts.shared.catalog, config);
    this.#parts.totals.recount();
    await this.#dispatcher.catchUp();
  }

  #failed(error: unknown): void {
    const reason = errorMessage(error);
    // One fault may be met in several places.
    const first = this.#faults.length === 0;
    this.#faults.push(error instanceof Error ? error : new Error(reason));
    this.#parts.condition.dead ??= reason;
    const fields = isError(error) ? { code: error.code } : {};
    if (first) this.#parts.shared.log.error(`the daemon can't continue: ${reason}`, fields);
    this.#parts.failing.abort(
      new MothballError({ fact: `the daemon ended: ${reason}` }, { code: 'interrupted' }),
    );
  }
}
