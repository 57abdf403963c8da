import { databaseName } from '../compose.ts';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/config.ts';
import { fingerprint } from '../config/fingerprint.ts';
import { ConfigError, errorMessage, formatProblem, MothballError } from '../errors.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Log } from '../ports/log.ts';
import type { Activity } from '../watch/daemon-state.ts';
import { type SharedParts, ActiveConfig } from './active-config.ts';
import { changesBetween } from './config-changes.ts';
import { showConfiguration } from './telemetry.ts';

/** Files are looked at this often, per hundred of them, in milliseconds. */
const lookEveryMs = 1_000;
/** A configuration that failed is tried again after this number of looks, even if no known file changed. */
const retryEvery = 30;

export interface ConfigurationParts extends SharedParts {
  readonly load: () => Promise<Config>;
  readonly activity: Activity;
  readonly metrics: Metrics;
  readonly log: Log;
  /** From now on every new job uses this configuration. */
  readonly install: (active: ActiveConfig) => void;
  /** Does at once what the new configuration asks for. */
  readonly settle: (active: ActiveConfig) => Promise<void>;
}

/**
 * The configuration in force. A changed file, or a call of `reload`, loads everything again. The
 * new one is taken whole or not at all; until then the old one is used.
 */
export class Configuration {
  readonly #parts: ConfigurationParts;
  #active: ActiveConfig;
  #print: string;
  /** The files at the last look: a change counts once two looks agree. */
  #seen: string;
  #failed: readonly string[] | null = null;
  #looks = 0;
  #busy: Promise<void> = Promise.resolve();
  readonly #closing = new Set<Promise<void>>();

  /** `print` is the fingerprint of the files before `active` was read. */
  constructor(parts: ConfigurationParts, active: ActiveConfig, print: string) {
    this.#parts = parts;
    this.#active = active;
    this.#print = print;
    this.#seen = print;
  }

  get active(): ActiveConfig {
    return this.#active;
  }

  /** How long to wait until the next look, in milliseconds. */
  get lookEveryMs(): number {
    return lookEveryMs * Math.ceil((this.#active.config.sources.files.length + 1) / 100);
  }

  /** Looks at the files and reloads when they have changed. */
  async look(): Promise<void> {
    const now = await fingerprint(this.#active.config);
    const settled = now === this.#seen;
    this.#seen = now;
    this.#looks += 1;
    const retry = this.#failed !== null && this.#looks % retryEvery === 0;
    if ((settled && now !== this.#print) || retry) await this.reload();
  }

  /** Loads everything again, one call after the other. Never throws. */
  async reload(): Promise<void> {
    this.#busy = this.#busy.then(() => this.#reload()).catch((error: unknown) => this.#keepOld(error));
    await this.#busy;
  }

  /** Waits for the configurations that were replaced, then closes this one. */
  async close(): Promise<void> {
    await this.#busy;
    await Promise.all([...this.#closing, this.#active.close()]);
  }

  async #reload(): Promise<void> {
    const { log, metrics, activity, install, settle, catalog } = this.#parts;
    const old = this.#active;
    // The files as they are now: a fault in them is reported once, and they are read again when they change.
    this.#print = await fingerprint(old.config);
    let next: ActiveConfig;
    try {
      const { config, print } = await loadSettled(this.#parts.load);
      this.#requireSameDatabase(config);
      next = await ActiveConfig.open(config, this.#parts);
      this.#print = print;
    } catch (error) {
      return this.#keepOld(error);
    }
    // No await here: whatever fails later, no job begins under the old one any more. Jobs under rules
    // that changed end at their next safe point; the old one is closed when its last job has ended.
    this.#active = next;
    install(next);
    if (rulesDiffer(old.config, next.config)) {
      old.stop(
        new MothballError(
          {
            fact: 'the policies, holds or accounts changed',
            notDone: 'the run stopped at a safe point and starts again under the new ones',
          },
          { code: 'interrupted' },
        ),
      );
    }
    const closing = old.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    this.#failed = null;
    metrics.configReload(true);
    activity.reloaded(true, []);
    const { accounts, policies, holds, warnings } = next.config;
    log.info('configuration loaded', {
      accounts: accounts.length,
      policies: policies.length,
      holds: holds.length,
      // Nothing named: a secret, a certificate or a comment.
      changes: changesBetween(old.config, next.config),
    });
    for (const warning of warnings) log.warn(warning);
    const shown = showConfiguration(metrics, catalog, next, next.app.clock.now());
    const [metricsDone, settled] = await Promise.allSettled([shown, settle(next)]);
    for (const done of [metricsDone, settled]) if (done.status === 'rejected') this.#unsettled(done.reason);
  }

  #requireSameDatabase(config: Config): void {
    const { database } = this.#active.config;
    // A password may change: it is asked for at each new connection.
    if (JSON.stringify(config.database) === JSON.stringify(database)) return;
    throw new MothballError(
      {
        fact: `${config.file}: database: changing the database needs a restart`,
        notDone: `${databaseName(database)} is still used`,
      },
      { code: 'config' },
    );
  }

  /** The new one is in force anyway. It is loaded again, as after a failure, to do what is missing. */
  #unsettled(error: unknown): void {
    this.#failed = [errorMessage(error)];
    this.#parts.log.error(
      `the configuration is in force, but could not be applied completely: ${errorMessage(error)}`,
    );
  }

  #keepOld(error: unknown): void {
    const { log, metrics, activity } = this.#parts;
    const problems = error instanceof ConfigError ? error.problems.map(formatProblem) : [errorMessage(error)];
    // A retry with the same fault is not logged again.
    if (!isDeepStrictEqual(problems, this.#failed))
      for (const problem of problems) log.error(`the configuration was not loaded: ${problem}`);
    this.#failed = problems;
    metrics.configReload(false);
    activity.reloaded(false, problems);
  }
}

/**
 * A configuration with the fingerprint of its files, taken before they were read: a change while they
 * are read gives another fingerprint, which the next look finds. Only a load shows which files there
 * are, hence two.
 */
export async function loadSettled(
  load: () => Promise<Config>,
  first?: Config,
): Promise<{ readonly config: Config; readonly print: string }> {
  const print = await fingerprint(first ?? (await load()));
  return { config: await load(), print };
}

/** Whether jobs under the old configuration might do what the new one forbids. */
function rulesDiffer(old: Config, next: Config): boolean {
  const rules = ({ policies, holds, accounts }: Config): unknown => ({
    policies,
    holds,
    accounts: accounts.map(({ server, account }) => ({ server, account })),
  });
  return !isDeepStrictEqual(rules(old), rules(next));
}
