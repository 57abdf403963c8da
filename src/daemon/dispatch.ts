import { accountKey, type AccountRef } from '../domain/account.ts';
import { accountMatches } from '../domain/glob.ts';
import { errorMessage } from '../errors.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Log } from '../ports/log.ts';
import type { Queue } from '../ports/queue.ts';
import type { Activity } from '../watch/daemon-state.ts';
import { accountJob, type Outcome } from './account-job.ts';
import { DueFinder } from './due-policies.ts';
import { expireJob } from './expire-job.ts';
import { Postponements } from './postponements.ts';
import { probeStores, scanJob, ScanRound } from './scan-job.ts';
import type { Site, SiteEntry } from './site.ts';
import { upkeepJob } from './upkeep.ts';
import type { Workplace } from './workplace.ts';

/** Jobs about stores use no server's connections; they go one after another. */
const noServer = '';

export interface DispatchParts {
  readonly queue: Queue;
  readonly activity: Activity;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Turns firing schedules into jobs on the queue, always by the configuration of the moment. */
export class Dispatcher {
  readonly #parts: DispatchParts;
  readonly #postponements: Postponements;
  /** Accounts whose next scan reads folder sizes too. */
  readonly #wantFolders = new Set<string>();
  readonly #rounds = new Set<ScanRound>();
  #place: Workplace;
  #timers = new DisposableStack();
  #stopped = false;

  constructor(parts: DispatchParts, site: Site) {
    this.#parts = parts;
    this.#postponements = new Postponements(site.app.clock, parts.activity, (ref) => this.run(ref));
    this.#place = this.#placeOf(site);
    this.#begin(site);
  }

  /** From now on everything is done by this configuration; schedules start anew. */
  install(site: Site): void {
    // A reload that ends while the daemon stops must not start the schedules again.
    if (this.#stopped) return;
    this.#place = this.#placeOf(site);
    this.#begin(site);
  }

  /** Whatever became due while nobody was there, once. An account with nothing due costs one query. */
  async catchUp(): Promise<void> {
    const { site, due } = this.#place;
    const { catalog } = site.app;
    this.#add('stores', noServer, probeStores);
    for (const account of site.config.accounts) this.run(account);
    // One that could not be read is tried again: perhaps its password was wrong, and is right now.
    const read = (await catalog.scans()).filter(({ error }) => error === null);
    const scans = new Map(read.map((scan) => [accountKey(scan), scan.at]));
    for (const entry of site.entries) {
      const { kind } = entry.task;
      if (kind === 'policy') continue;
      if (kind === 'scan') {
        const unread = site.config.accounts.filter((account) => {
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

  /** Does what is due for the account, as soon as there is a place. */
  run({ server, account }: AccountRef): void {
    const ref = { server, account };
    this.#add(`run ${accountKey(ref)}`, server, async (place) => {
      if (!place.site.has(ref)) return this.#postponements.forget(ref);
      const outcome = await accountJob(place, ref);
      this.#finished(ref, outcome);
    });
  }

  /** No schedule fires and nothing put off comes back any more. */
  stop(): void {
    this.#stopped = true;
    this.#timers.dispose();
    this.#postponements.clear();
  }

  #begin(site: Site): void {
    const timers = new DisposableStack();
    for (const { name, maxConnections } of site.config.servers.values())
      this.#parts.queue.limit(name, maxConnections);
    this.#parts.queue.limit(noServer, 1);
    for (const entry of site.entries)
      timers.use(entry.schedule.start(() => this.#fire(entry), site.config.daemon.jitterMs));
    this.#timers.dispose();
    this.#timers = timers;
  }

  #fire({ task, name }: SiteEntry): void {
    const { site, log } = this.#place;
    log.debug(`schedule: ${name}`);
    switch (task.kind) {
      case 'policy':
        for (const account of site.config.accounts)
          if (accountMatches(task.policy.accounts, account.account)) this.run(account);
        return;
      case 'scan':
        return this.#scan(site.config.accounts, false);
      case 'scan folders':
        return this.#scan(site.config.accounts, true);
      case 'scrub':
        return this.#add('scrub', noServer, upkeepJob);
      case 'expire':
        return this.#add('expire', noServer, expireJob);
    }
  }

  #scan(accounts: readonly AccountRef[], folders: boolean): void {
    this.#add('stores', noServer, probeStores);
    for (const [server, refs] of Map.groupBy(accounts, (account) => account.server)) {
      const { clock } = this.#place.site.app;
      const started = clock.now();
      const round = new ScanRound(refs.map(accountKey), () => {
        this.#rounds.delete(round);
        const at = clock.now();
        this.#parts.metrics.recordScan(server, (at.getTime() - started.getTime()) / 1000, at);
      });
      this.#rounds.add(round);
    }
    if (folders) this.#awaitFolders(accounts);
    for (const ref of accounts) this.#scanOne(ref, folders);
  }

  /** Done when the folders of each have been read, or could not be: a daemon that ends before begins anew. */
  #awaitFolders(accounts: readonly AccountRef[]): void {
    const finished = (): void => {
      this.#rounds.delete(round);
      this.#add('folders done', noServer, async ({ site: { app } }) =>
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
    this.#add(`scan ${key}`, server, async (place) => {
      const read = this.#wantFolders.delete(key);
      if (place.site.has(ref)) await scanJob(place, ref, read);
      // One that was told to stop may not have come to the folders.
      const whole = read && !place.site.app.signal.aborted;
      for (const round of this.#rounds) round.done(key, whole);
    });
  }

  #finished(ref: AccountRef, outcome: Outcome): void {
    switch (outcome.kind) {
      case 'later':
        return this.#postponements.later(ref, outcome.reason);
      case 'done':
        this.#postponements.forget(ref);
        // What was freed shows at once, in the metrics too.
        if (outcome.moved) this.#scanOne(ref, false);
    }
  }

  #add(key: string, server: string, job: (place: Workplace) => Promise<void>): void {
    this.#parts.queue.add({
      key,
      server,
      run: async () => {
        const place = this.#place;
        this.#tell();
        try {
          await place.site.work(() => job(place));
        } catch (error) {
          place.log.error(`a job failed: ${errorMessage(error)}`, { job: key });
        }
        this.#tell();
      },
    });
  }

  #tell(): void {
    const { queue, metrics } = this.#parts;
    const stats = [...queue.stats()];
    // Each job has one connection; what is not in the configuration is passed over.
    for (const [server, { running }] of stats) metrics.connections(server, running);
    const sum = (part: 'running' | 'waiting'): number =>
      stats.reduce((all, [, count]) => all + count[part], 0);
    metrics.jobs('running', sum('running'));
    metrics.jobs('queued', sum('waiting'));
  }

  #placeOf(site: Site): Workplace {
    const { activity, metrics, log } = this.#parts;
    return { site, due: new DueFinder(site), activity, metrics, log };
  }
}
