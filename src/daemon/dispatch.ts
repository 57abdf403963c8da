import { setImmediate as nextTurn } from 'node:timers/promises';
import { accountKey, type AccountRef } from '../domain/account.ts';
import { accountMatches } from '../domain/glob.ts';
import { errorMessage } from '../errors.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Log } from '../ports/log.ts';
import type { Queue } from '../ports/queue.ts';
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
import { Postponements } from './postponements.ts';
import { probeStores, scanJob, ScanRound } from './scan-job.ts';
import { showQueue } from './queue-figures.ts';
import { doneNames } from './telemetry.ts';
import { upkeepJob } from './upkeep-job.ts';

/** Jobs on stores use no server's connections; they run one after another. */
const noServer = '';

export interface DispatchParts {
  readonly queue: Queue;
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
  /** Accounts whose next scan reads folder sizes too. */
  readonly #wantFolders = new Set<string>();
  readonly #rounds = new Set<ScanRound>();
  readonly #pings: Pings;
  #context: JobContext;
  #timers = new DisposableStack();
  #stopped = false;

  constructor(parts: DispatchParts, active: ActiveConfig) {
    this.#parts = parts;
    this.#pings = new Pings(active.app.clock, parts.log);
    this.#postponements = new Postponements(active.app.clock, parts.activity, (ref) => this.run(ref));
    this.#context = this.#contextOf(active);
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
    await this.keepHouse();
    for (const account of active.config.accounts) this.run(account);
    // An account that could not be read is tried again: perhaps its password has been corrected.
    const read = (await catalog.scans()).filter(({ error }) => error === null);
    const scans = new Map(read.map((scan) => [accountKey(scan), scan.at]));
    for (const entry of active.entries) {
      const { kind } = entry.task;
      if (kind === 'policy') continue;
      if (kind === 'scan') {
        const unread = active.config.accounts.filter((account) => {
          const last = scans.get(accountKey(account));
          return last === undefined || due.isDue(entry, last);
        });
        if (unread.length > 0) this.#scan(unread, false);
        continue;
      }
      const last = await catalog.lastDone(kind);
      if ((kind === 'scan folders' && last === null) || due.isDue(entry, last)) this.#fire(entry);
    }
  }

  /** Once a day: prunes old records, and settles what no run will. */
  async keepHouse(): Promise<void> {
    for (const { key, server, job } of await dailyJobs(this.#context.active)) this.#add(key, server, job);
  }

  /** Adds a job that does what is due for the account. */
  run({ server, account }: AccountRef): void {
    const ref = { server, account };
    const added = this.#add(`run ${accountKey(ref)}`, server, async (context) => {
      if (context.active.has(ref)) this.#finished(ref, await accountJob(context, ref));
      else this.#postponements.forget(ref);
      this.#pings.runEnded(context.active.app.signal);
    });
    if (added) this.#pings.runAdded();
  }

  /** The server answers again: its accounts do what they missed. */
  recovered(server: string): void {
    const accounts = this.#context.active.config.accounts.filter((account) => account.server === server);
    for (const account of accounts) this.run(account);
    for (const account of accounts) if (this.#parts.metrics.isUnread(account)) this.#scanOne(account, false);
  }

  /** No schedule fires and no postponed account comes back any more. */
  stop(): void {
    this.#stopped = true;
    this.#timers.dispose();
    this.#postponements.clear();
  }

  #begin(active: ActiveConfig): void {
    const timers = new DisposableStack();
    for (const { name, maxConnections } of active.config.servers.values())
      this.#parts.queue.limit(name, maxConnections);
    this.#parts.queue.limit(noServer, 1);
    for (const entry of active.entries)
      timers.use(entry.schedule.start(() => this.#fire(entry), active.config.daemon.jitterMs));
    this.#timers.dispose();
    this.#timers = timers;
  }

  #fire({ task, name }: ScheduledTask): void {
    const { active, log } = this.#context;
    log.debug(`schedule: ${name}`);
    switch (task.kind) {
      case 'policy':
        for (const account of active.config.accounts)
          if (accountMatches(task.policy.accounts, account.account)) this.run(account);
        return;
      case 'scan':
        return this.#scan(active.config.accounts, false);
      case 'scan folders':
        return this.#scan(active.config.accounts, true);
      case 'scrub':
        return void this.#add('scrub', noServer, upkeepJob);
      case 'expire':
        return void this.#add('expire', noServer, expireJob);
    }
  }

  #scan(accounts: readonly AccountRef[], folders: boolean): void {
    this.#add('stores', noServer, probeStores);
    for (const [server, refs] of Map.groupBy(accounts, (account) => account.server)) {
      const { clock } = this.#context.active.app;
      const started = clock.now();
      const round = new ScanRound(refs.map(accountKey), () => {
        this.#rounds.delete(round);
        const at = clock.now();
        this.#parts.metrics.recordScan(server, (at.getTime() - started.getTime()) / 1000, at);
        this.#add(`scanned ${server}`, noServer, async ({ active: { app } }) =>
          app.catalog.setDone(doneNames.scan(server), at),
        );
        const { app, config } = this.#context.active;
        const failed = refs.filter((ref) => this.#parts.metrics.isUnread(ref)).length;
        this.#pings.scanned(config.onRun, { server, accounts: refs.length, failed }, app.signal);
      });
      this.#rounds.add(round);
    }
    if (folders) this.#awaitFolders(accounts);
    for (const ref of accounts) this.#scanOne(ref, folders);
  }

  /** Done when the folders of each were read, or could not be: a daemon that ends before that begins again. */
  #awaitFolders(accounts: readonly AccountRef[]): void {
    const finished = (): void => {
      this.#rounds.delete(round);
      this.#add('folders done', noServer, async ({ active: { app } }) =>
        app.catalog.setDone('scan folders', app.clock.now()),
      );
    };
    const round = new ScanRound(accounts.map(accountKey), finished, true);
    if (accounts.length === 0) finished();
    else this.#rounds.add(round);
  }

  #scanOne({ server, account }: AccountRef, folders: boolean): void {
    const ref = { server, account };
    const key = accountKey(ref);
    if (folders) this.#wantFolders.add(key);
    this.#add(`scan ${key}`, server, async (context) => {
      const read = this.#wantFolders.delete(key);
      if (context.active.has(ref)) await scanJob(context, ref, read);
      // A job that was stopped may not have reached the folders.
      const whole = read && !context.active.app.signal.aborted;
      for (const round of this.#rounds) round.done(key, whole);
    });
  }

  #finished(ref: AccountRef, outcome: JobResult): void {
    switch (outcome.kind) {
      case 'later':
        return this.#postponements.later(
          ref,
          outcome.reason,
          outcome.failed ? 'failed' : 'busy',
          outcome.until,
        );
      case 'waits':
        return this.#postponements.forget(ref);
      case 'done':
        this.#postponements.forget(ref);
        // So that the freed space is shown at once, in the metrics too.
        if (outcome.moved) this.#scanOne(ref, false);
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
        showQueue(this.#parts.queue, this.#parts.metrics);
        try {
          await context.active.run(() => job(context));
        } catch (error) {
          context.log.error(`a job failed: ${errorMessage(error)}`, { job: key });
        }
        showQueue(this.#parts.queue, this.#parts.metrics);
      },
    });
  }

  #contextOf(active: ActiveConfig): JobContext {
    return { ...this.#parts, active, due: new DueFinder(active), pings: this.#pings };
  }
}
