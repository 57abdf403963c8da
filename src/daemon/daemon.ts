import { setTimeout as sleep } from 'node:timers/promises';
import { newQueue, openCatalogOf } from '../compose.ts';
import type { Config } from '../config/config.ts';
import { errorMessage, MothballError } from '../errors.ts';
import { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { version } from '../version.ts';
import { Activity } from '../watch/daemon-state.ts';
import { Configuration, loadSettled } from './configuration.ts';
import { Dispatcher } from './dispatch.ts';
import { beatEveryMs, Heartbeat } from './heartbeat.ts';
import { Site } from './site.ts';
import { CatalogTotals, showConfiguration, showHistory } from './telemetry.ts';
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
  /** How long to wait for work under way when stopped; null: as configured. Milliseconds. */
  readonly graceMs: number | null;
}

/**
 * Schedules → queue → work, until the signal; then what runs gets its grace to reach a safe point.
 * Whatever it has not reached by then is settled by the next start, as after a crash.
 * @throws ConfigError, `database` when it can't start, or can't go on.
 */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const { load, log, clock } = options;
  // Without a listener a SIGHUP ends the process: at once and to the very end there is one.
  let hangup: (() => void) | null = null;
  let hungUp = false;
  using _hangup = options.onHangup(() => {
    hungUp = true;
    hangup?.();
  });
  const failing = new AbortController();
  const signal = AbortSignal.any([options.signal, failing.signal]);
  const metrics = new Metrics(version);
  const { config, print } = await loadSettled(load);
  const catalog = await openCatalogOf(config);
  const throttled = (server: string, waitedMs: number): void =>
    metrics.imapThrottled(server, waitedMs / 1000);
  const shared = { catalog, log, signal, clock, throttled };

  const site = await Site.open(config, shared);
  const activity = new Activity(clock);
  const queue = newQueue();
  const parts = {
    ...shared,
    load,
    activity,
    metrics,
    install: (next: Site): void => dispatcher.install(next),
    settle: async (next: Site): Promise<void> => {
      await web.move(next.config);
      await dispatcher.catchUp();
    },
  };
  await showConfiguration(metrics, config, catalog, clock.now());
  await showHistory(metrics, catalog, clock);
  metrics.leader(true);
  const condition: Condition = { dead: null, unready: 'starting' };
  const configuration = new Configuration(parts, site, print);
  const web = new Web(metrics, condition, () => configuration.site.app, log);
  await web.follow(config);
  const dispatcher = new Dispatcher({ queue, activity, metrics, log }, site);
  const totals = await CatalogTotals.start(metrics, catalog);
  const heartbeat = new Heartbeat(catalog, clock, log);
  const beat = async (): Promise<void> => {
    const waiting = [...queue.stats().values()].reduce((sum, server) => sum + server.waiting, 0);
    // After a pause everything that became due meanwhile is done.
    await heartbeat.beat(activity.state(waiting), async (resumed) => {
      if (resumed) await dispatcher.catchUp();
      await totals.show();
    });
    condition.unready = heartbeat.fault;
  };
  log.info('daemon started', { accounts: config.accounts.length, policies: config.policies.length });
  for (const warning of config.warnings) log.warn(warning);
  await dispatcher.catchUp();
  await beat();
  hangup = () => void configuration.reload();
  if (hungUp) hangup();
  const loops = [
    every(
      () => configuration.lookEveryMs,
      signal,
      () => configuration.look(),
    ),
    every(() => beatEveryMs, signal, beat),
  ];
  // What ends one loop ends the other, and then the daemon in good order, as a signal does.
  const faults: Error[] = [];
  const failed = (error: unknown): void => {
    faults.push(error instanceof Error ? error : new Error(errorMessage(error)));
    condition.dead ??= errorMessage(error);
    log.error(`the daemon can't go on: ${errorMessage(error)}`);
    failing.abort(new MothballError(`the daemon ended: ${errorMessage(error)}`, { code: 'interrupted' }));
  };
  await Promise.all(loops.map((loop) => loop.catch(failed)));
  hangup = null;

  condition.unready = 'stopping';
  activity.stopping();
  dispatcher.stop();
  await heartbeat.beat(activity.state(0), async () => undefined).catch(failed);
  const graceMs = options.graceMs ?? configuration.site.config.daemon.graceMs;
  log.info('stopping: waiting for work under way to reach a safe point', { graceMs });
  const ended = new AbortController();
  const late = sleep(graceMs, false, { signal: ended.signal }).catch(() => false);
  const orderly = async (): Promise<true> => {
    await queue.drain();
    await web.close();
    await configuration.close();
    return true;
  };
  const drained = await Promise.race([orderly(), late]);
  ended.abort();
  await heartbeat.gone().catch(failed);
  if (drained) {
    await catalog[Symbol.asyncDispose]();
    log.info('stopped');
  } else log.warn('stopped before all work had ended; the next start settles what is open');
  const [fault] = faults;
  if (fault !== undefined) throw fault;
}

/** Does it again and again until the signal; the wait is asked for each time. Errors end it. */
async function every(waitMs: () => number, signal: AbortSignal, step: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await sleep(waitMs(), undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await step();
  }
}
