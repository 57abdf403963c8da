import { setImmediate as nextTurn } from 'node:timers/promises';
import { accountKey, type AccountRef } from '../domain/account.ts';
import { accountMatches } from '../domain/glob.ts';
import { errorMessage } from '../errors.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Log } from '../ports/log.ts';
import type { GivenJob, Queue, SharedRuns } from '../ports/queue.ts';
import type { Activity } from '../watch/daemon-state.ts';
import { accountJob, type JobResult } from './account-job.ts';
import type { ActiveConfig, ScheduledTask } from './active-config.ts';
import { DueFinder } from './due-policies.ts';
import { expireJob } from './expire-job.ts';
import { dailyJobs } from './housekeeping.ts';
import type { JobContext } from './job-context.ts';
import type { ServerWatch } from './server-watch.ts';
import type { StoreWatch } from './store-watch.ts';
import { Pings } from './pings.ts';
import type { Leadership } from './leader.ts';
import { Plans } from './plans.ts';
import { Postponements } from './postponements.ts';
import { probeStores } from './scan-job.ts';
import { noServer, type RoundParts, Scans } from './scans.ts';
import { addShared, sharedRun, showServers } from './shared-run.ts';
import { QueueFigures } from './queue-figures.ts';
import { reportLane, Reports } from './reports.ts';
import { upkeepJob } from './upkeep-job.ts';

export interface DispatchParts {
  readonly queue: Queue;
  /** Accounts that replicas share; null: this daemon is alone. */
  readonly runs: SharedRuns | null;
  /** Does what one of several does for all. */
  readonly leader: Leadership;
  readonly activity: Activity;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly servers: ServerWatch;
  readonly stores: StoreWatch;
}

/** Turns firing schedules into jobs on the queue, always under the configuration in force. */
export class Dispatcher {
  readonly #parts: DispatchParts;
  readonly #postponements: Postponements;
  readonly #scans: Scans;
  readonly #plans: Plans;
  readonly figures: QueueFigures;
  readonly #pings: Pings;
  readonly #reports = new Reports((job) => this.#add('report', reportLane, job));
  #context: JobContext;
  #timers = new DisposableStack();
  #stopped = false;

  constructor(parts: DispatchParts, active: ActiveConfig) {
    this.#parts = parts;
    this.figures = new QueueFigures(parts);
    this.#pings = new Pings(active.app.clock, parts.log);
    this.#postponements = new Postponements(
      active.app.clock,
      parts.activity,
      async (ref, tries) => !this.#context.active.has(ref) || (await this.#runAll([ref], tries)),
    );
    this.#context = this.#contextOf(active);
    const rounds: RoundParts = { add: (...job) => this.#add(...job), context: () => this.#context };
    this.#scans = new Scans(rounds);
    this.#plans = new Plans(rounds);
  }

  /** The schedules fire from now on. */
  start(): void {
    this.#begin(this.#context.active);
  }

  /** From now on everything uses this configuration; its schedules start again. */
  install(active: ActiveConfig): void {
    // A reload that ends while the daemon stops must not start the schedules again.
    if (this.#stopped) return;
    this.#context = this.#contextOf(active);
    this.#begin(active);
  }

  /** Adds once what became due while no daemon was running. An account with nothing due costs one query. */
  async catchUp(): Promise<void> {
    const { active, due } = this.#context;
    const { catalog } = active.app;
    this.#add('stores', noServer, probeStores);
    await this.keepHouse(true);
    void this.#runAll(active.config.accounts);
    if (!this.#parts.leader.leads) return;
    for (const entry of active.entries) {
      const { kind } = entry.task;
      if (kind === 'policy') continue;
      if (kind === 'scan') {
        await this.#scans.missed(entry);
        continue;
      }
      const last = await catalog.lastDone(kind);
      const never = last === null && (kind === 'scan folders' || kind === 'plan');
      if (never || due.isDue(entry, last)) this.#fire(entry);
    }
  }

  /** Once a day: prunes old records, and settles what no run will; that also at each start. */
  async keepHouse(atStart = false): Promise<void> {
    if (!this.#parts.leader.leads) return;
    for (const { key, server, job } of await dailyJobs(this.#context.active, { atStart }))
      this.#add(key, server, job);
  }

  /** From now on this replica takes its share of the accounts. */
  async serve(): Promise<void> {
    await this.#parts.runs?.serve((ref, job) => this.#share(ref, job));
  }

  /** Adds jobs that do what is due for these accounts. `tries`: how often they were put off. */
  async #runAll(accounts: readonly AccountRef[], tries = 0): Promise<boolean> {
    const { runs, log } = this.#parts;
    if (runs !== null) return await addShared({ runs, log }, accounts, tries);
    return accounts.map((ref) => this.#runHere(ref, tries)).every((added) => added);
  }

  #runHere({ server, account }: AccountRef, tries: number): boolean {
    const ref = { server, account };
    const added = this.#add(`run ${accountKey(ref)}`, server, async (context) => {
      if (context.active.has(ref)) this.#finished(ref, tries, await accountJob(context, ref));
      else this.#postponements.forget(ref);
      this.#pings.runEnded(context.active.app.signal);
    });
    if (added) this.#pings.runAdded();
    return added;
  }

  /** What a stop or new rules interrupt is thrown, so that the job is given back and somebody continues. */
  async #share(ref: AccountRef, { given, tries }: GivenJob): Promise<void> {
    const context = this.#context;
    const { app } = context.active;
    if (app.signal.aborted) throw new Error('this replica stops, or has new rules');
    this.#pings.runAdded();
    using _figures = this.figures.begin(ref.server);
    try {
      await context.active.run(async () => {
        const outcome = await sharedRun(context, ref, given);
        if (app.signal.aborted) return;
        if (outcome === null) this.#postponements.forget(ref);
        else this.#finished(ref, tries, outcome);
      });
    } finally {
      this.#pings.runEnded(app.signal);
    }
    if (app.signal.aborted) throw new Error('this replica stops, or has new rules');
  }

  /** The server answers again: its accounts do what they missed. */
  recovered(server: string): void {
    const accounts = this.#context.active.config.accounts.filter((account) => account.server === server);
    void this.#runAll(accounts);
    if (!this.#parts.leader.leads) return;
    for (const account of accounts) if (this.#parts.metrics.isUnread(account)) this.#scans.one(account);
  }

  /** No schedule fires and no postponed account comes back any more. */
  stop(): void {
    this.#stopped = true;
    this.#timers.dispose();
    this.#postponements.clear();
    this.#reports.stop();
  }

  #begin(active: ActiveConfig): void {
    const timers = new DisposableStack();
    for (const { name, maxConnections } of active.config.servers.values())
      this.#parts.queue.limit(name, maxConnections);
    this.#parts.queue.limit(noServer, 1);
    if (this.#parts.runs !== null) showServers(this.#parts.runs, active.config, this.#parts.log);
    for (const entry of active.entries)
      timers.use(entry.schedule.start(() => this.#fire(entry), active.config.daemon.jitterMs));
    this.#timers.dispose();
    this.#timers = timers;
  }

  #fire({ task, name }: ScheduledTask): void {
    const { active, log } = this.#context;
    log.debug(`schedule: ${name}`);
    // Schedules fire on every replica. Runs are made one by their key, the rest is the leader's.
    if (task.kind !== 'policy' && !this.#parts.leader.leads) return;
    switch (task.kind) {
      case 'policy':
        return void this.#runAll(
          active.config.accounts.filter(({ account }) => accountMatches(task.policy.accounts, account)),
        );
      case 'scan':
      case 'scan folders':
        return this.#scans.round(active.config.accounts, task.kind === 'scan folders');
      case 'plan':
        return this.#plans.round();
      case 'scrub':
      case 'expire':
        return void this.#add(task.kind, noServer, task.kind === 'scrub' ? upkeepJob : expireJob);
      case 'report':
        return this.#reports.due();
    }
  }

  #finished(ref: AccountRef, tries: number, outcome: JobResult): void {
    switch (outcome.kind) {
      case 'later':
        return this.#postponements.later(ref, {
          reason: outcome.reason,
          why: outcome.failed ? 'failed' : 'busy',
          tries,
          until: outcome.until,
        });
      case 'waits':
        return this.#postponements.forget(ref);
      case 'done':
        this.#postponements.forget(ref);
        // So that the freed space is shown at once, in the metrics too.
        if (outcome.moved) this.#scans.one(ref);
    }
  }

  /** Pings that are under way have ended. */
  pinged(): Promise<void> {
    return this.#pings.ended();
  }

  /** False: such a job waits already. */
  #add(key: string, server: string, job: (context: JobContext) => Promise<void>): boolean {
    return this.#parts.queue.add({
      key,
      server,
      run: async () => {
        // Thousands of jobs that have nothing to do must not hold up the probes.
        await nextTurn();
        const context = this.#context;
        this.figures.show();
        try {
          await context.active.run(() => job(context));
        } catch (error) {
          context.log.error(`a job failed: ${errorMessage(error)}`, { job: key });
        }
        this.figures.show();
      },
    });
  }

  #contextOf(active: ActiveConfig): JobContext {
    return { ...this.#parts, active, due: new DueFinder(active), pings: this.#pings };
  }
}
