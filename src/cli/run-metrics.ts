import { randomUUID } from 'node:crypto';
import type { App } from '../compose.ts';
import type { Config } from '../config/config.ts';
import { spaceOf } from '../daemon/space.ts';
import { showLastDone } from '../daemon/telemetry.ts';
import { holdsMail } from '../domain/folder.ts';
import type { Policy } from '../domain/policy.ts';
import { isImapError, Metrics } from '../metrics/metrics.ts';
import { version } from '../version.ts';
import { accountForecast, forecastWindowMs } from '../watch/account-forecast.ts';
import type { AccountWork } from '../work/account-work.ts';
import type { RunReport } from '../work/report.ts';
import type { AccountOutcome } from './exit-code.ts';
import type { AccountPolicies } from './pick-policies.ts';

/**
 * What `run --metrics-file` writes: what the catalog has recorded of all runs, and what only this
 * process knows. The text is available at any time, even if only the options could be read.
 */
export class RunMetrics {
  readonly #metrics = new Metrics(version, { process: false });
  /** What the run reports, in order. The catalog is asked at the end, but its figures are recorded first. */
  readonly #pending: (() => void)[] = [];
  /** ID of the run. */
  readonly run = randomUUID();
  /** Runs that the catalog has recorded. */
  #acted = 0;
  #news: 'none' | 'misconfigured' | 'all' = 'none';

  /** The configuration can't be read. */
  misconfigured(): void {
    this.#metrics.configReload(false);
    this.#news = 'misconfigured';
  }

  /** Nothing could be run, e.g. because the catalog can't be opened. */
  broke(config: Config, selected: readonly AccountPolicies[]): void {
    if (this.#news === 'none') this.#configure(config, new Map());
    for (const { account, policies } of selected) {
      for (const { name } of policies) this.#pending.push(() => this.#metrics.runBroke(name, account));
    }
  }

  /**
   * The result of one account's policies; asks the server for the quota while the connection is
   * open. `enforced` are the policies that were to act.
   */
  async account(work: AccountWork, outcome: AccountOutcome, enforced: readonly Policy[]): Promise<void> {
    const { account, clock } = work;
    if (outcome.kind === 'failed') {
      this.#pending.push(() => {
        for (const { name } of enforced) this.#metrics.runBroke(name, account);
      });
      return;
    }
    const at = clock.now();
    for (const report of outcome.reports) {
      if (report.mode === 'enforce') this.#acted += 1;
      this.#pending.push(() => this.#report(report, at));
    }
    const codes = outcome.reports.flatMap(faultsOf);
    const pointless = codes.some((code) => isUnreachable(code) || code === 'token');
    if (!pointless && outcome.kind === 'done') await this.#quota(work);
  }

  /** Adds what the catalog and the stores know, before they are closed. */
  async finish(app: App, readOnly: boolean): Promise<void> {
    const { catalog, config, gate } = app;
    const names = config.policies.map((policy) => policy.name);
    const now = app.clock.now();
    const created = readOnly ? await catalog.knownPolicies() : await catalog.knowPolicies(names, now);
    this.#configure(config, created);
    this.#metrics.restore({
      outcomes: await catalog.runOutcomes(),
      totals: await catalog.runTotals(),
      verifications: await catalog.verificationTotals(),
    });
    this.#metrics.pendingDelete(await catalog.pendingByPolicy());
    await showStock(this.#metrics, app);
    for (const { id, policy, started, finished } of await catalog.runs(this.#acted)) {
      if (!id.startsWith(`${this.run}/`) || finished === null) continue;
      this.#metrics.runTook(policy, (finished.getTime() - started.getTime()) / 1000);
    }
    for (const name of config.stores.keys()) {
      const known = await gate.recognise(gate.find(name)).catch(() => null);
      // A store that was never used has not been tried.
      if (known !== false) this.#metrics.storeUp(name, known === true);
    }
  }

  #configure(config: Config, created: ReadonlyMap<string, Date>): void {
    this.#news = 'all';
    this.#metrics.configure({
      servers: [...config.servers.keys()],
      stores: [...config.stores.keys()],
      accounts: config.accounts,
      policies: config.policies.map((policy) => ({ policy, created: created.get(policy.name) ?? null })),
      scanSchedule: null,
      accountSeries: config.metrics.accounts,
      folderSeries: config.metrics.folders,
    });
  }

  /** The exposition text; null when nothing was run, so that the previous text is still true. */
  text(): AsyncIterable<string> | null {
    if (this.#news === 'none') return null;
    for (const record of this.#pending.splice(0)) record();
    return this.#metrics.text();
  }

  #report(report: RunReport, at: Date): void {
    const { server, mode } = report;
    // The catalog does not record policies in plan mode.
    if (mode === 'plan') this.#metrics.recordRun(report, null, at);
    const codes = faultsOf(report);
    for (const code of codes) if (isImapError(code)) this.#metrics.imapError(server, code);
    // Without a token the server was never asked.
    const asked = codes.filter((code) => code !== 'token');
    if (codes.length === 0 || asked.some(isImapError))
      this.#metrics.serverUp(server, !codes.some(isUnreachable));
  }

  async #quota({ account, connection, catalog, clock }: AccountWork): Promise<void> {
    try {
      const session = await connection.session();
      const folders = (await session.folders()).filter(holdsMail);
      const roots = await session.quota(folders.map((folder) => folder.path));
      const { server, account: name } = account;
      const now = clock.now();
      const samples = await catalog.samples(account, new Date(now.getTime() - forecastWindowMs));
      const forecast = accountForecast(samples, now);
      const fullAt = forecast.kind === 'full' ? forecast.at : null;
      const snapshot = { server, account: name, roots, fullAt, folders: null };
      this.#pending.push(() => this.#metrics.recordAccount(snapshot));
    } catch {
      // Counts as an account that could not be read; the run itself has ended well.
      this.#pending.push(() => this.#metrics.accountFailed(account));
    }
  }
}

/** Archives, disks and totals, and whether Mothball is paused. */
async function showStock(metrics: Metrics, app: App): Promise<void> {
  const { catalog, config } = app;
  const { restored, expired } = await catalog.eventTotals();
  metrics.restored(restored);
  for (const [store, archives] of expired) metrics.stocks.expired(store, archives);
  const quarantined = await catalog.quarantinedByServer();
  metrics.stocks.stock({ archives: await catalog.archiveCounts(), quarantined });
  const now = app.clock.now();
  metrics.stocks.paused((await catalog.accountPauses()).filter(({ until }) => now < until));
  metrics.stocks.space(await spaceOf(config, catalog));
  await showLastDone(metrics, catalog, config);
  metrics.paused((await catalog.paused()) !== null);
}

function faultsOf(report: RunReport): readonly string[] {
  return report.errors.map(({ code }) => code);
}

function isUnreachable(code: string): boolean {
  return code === 'connect' || code === 'timeout';
}
