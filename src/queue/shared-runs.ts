import { type JobInsert, PgBoss } from 'pg-boss';
import { accountKey, type AccountRef } from '../domain/account.ts';
import type { SharedRuns } from '../ports/queue.ts';
import { HandPlaces } from './hand-places.ts';
import { jobDataSchema, type RunAccount, ServerRuns, type JobLimits } from './server-runs.ts';
import { sharesOf } from './shares.ts';

/** How the queue's own connections are made. */
export interface SharedRunsPlace {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: (() => Promise<string>) | null;
  readonly tls: { readonly ca: string | null } | null;
}

export interface SharedRunsOptions {
  readonly place: SharedRunsPlace;
  /** Jobs of this replica at once, of all servers together. */
  readonly atOnce: number;
  /** What the queue could not do; it tries again. */
  readonly failed: (error: Error) => void;
}

/** A replica that says nothing for this long has lost its jobs. pg-boss takes no less than 10. */
const heartbeatSeconds = 10;

/** Of each job. */
const about = {
  policy: 'exclusive' as const,
  heartbeatSeconds,
  // A job takes as long as it takes: whether its replica lives, heartbeats say.
  expireInSeconds: 23 * 3600,
  retryLimit: 10,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 600,
  retentionSeconds: 24 * 3600,
  deleteAfterSeconds: 60,
};

/** For pg: a database that has fallen silent must not hold up a queue for ever. */
const patience = {
  connectionTimeoutMillis: 10_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  query_timeout: 60_000,
};

/** Asks of this replica for jobs in a second, where it has nothing to do. */
const asksPerSecond = 32;

/**
 * Jobs in pg-boss. Its policy `exclusive` keeps one job per account, waiting or running, whoever adds
 * it; heartbeats give back what a dead or frozen replica had. Each server has a queue of its own and its
 * share of the replica: accounts of one that hangs take no place from those of another. Which policies are due is not part
 * of a job: that follows from schedules and catalog, and whoever gets the account asks.
 */
export async function openSharedRuns(options: SharedRunsOptions): Promise<SharedRuns> {
  const { host, port, user, database, password, tls } = options.place;
  const boss = new PgBoss({
    host,
    port,
    user,
    database,
    ...(password === null ? {} : { password }),
    ssl: tls === null ? false : { rejectUnauthorized: true, ...(tls.ca === null ? {} : { ca: tls.ca }) },
    application_name: 'mothball queue',
    max: 3,
    ...patience,
    schema: 'mothball_queue',
    schedule: false,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
  });
  // Without a listener an error would end the process; pg-boss tries again by itself.
  boss.on('error', options.failed);
  await boss.start();
  const queues = new ServerQueues(boss, options);
  const end = async (): Promise<void> => {
    await queues.end();
    await boss.stop({ graceful: true, close: true });
  };
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopping ??= end();
    return stopping;
  };
  return {
    servers: (limits) => queues.follow({ limits }),
    serve: (run) => queues.follow({ run }),

    async add(accounts, tries = 0) {
      // What could not be done when the configuration came, as the database was away.
      await queues.follow({});
      let all = true;
      for (const [server, refs] of Map.groupBy(accounts, (account) => account.server)) {
        for (let first = 0; first < refs.length; first += 1000) {
          const some = refs.slice(first, first + 1000);
          const added = await boss.insert(queueOf(server), jobsOf(some, tries), { returnId: tries > 0 });
          // One that was put off is known to no schedule: how often it was must not be lost.
          if (tries === 0 || added?.length === some.length) continue;
          for (const ref of some) if (!(await waitsSoOften(boss, ref, tries))) all = false;
        }
      }
      return all;
    },

    async waiting() {
      const all = queues.names.length === 0 ? [] : await boss.getQueues([...queues.names]);
      return all.reduce((sum, { queuedCount }) => sum + queuedCount, 0);
    },

    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function jobsOf(accounts: readonly AccountRef[], tries: number): JobInsert[] {
  return accounts.map(({ server, account }) => ({
    data: { server, account, tries },
    singletonKey: accountKey({ server, account }),
    group: { id: server },
  }));
}

/** Whether its job waits, and was put off at least as often from now on. False: a replica has it. */
async function waitsSoOften(boss: PgBoss, ref: AccountRef, tries: number): Promise<boolean> {
  const queue = queueOf(ref.server);
  const key = accountKey(ref);
  const [job] = await boss.findJobs(queue, { key, queued: true });
  if (job === undefined) return false;
  if (jobDataSchema.parse(job.data).tries >= tries) return true;
  const { updated } = await boss.update(
    queue,
    { server: ref.server, account: ref.account, tries },
    { singletonKey: key },
  );
  return updated > 0;
}

function queueOf(server: string): string {
  return `accounts/${server}`;
}

/** The queue of each server, and what this replica takes of it. */
class ServerQueues {
  readonly #boss: PgBoss;
  readonly #atOnce: number;
  readonly #failed: (error: Error) => void;
  readonly #places: HandPlaces;
  #limits: ReadonlyMap<string, number> = new Map();
  #run: RunAccount | null = null;
  readonly #made = new Set<string>();
  readonly #served = new Map<string, ServerRuns>();
  /** Of servers that are gone, until what runs has ended. */
  readonly #leaving = new Set<Promise<void>>();
  #last: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(boss: PgBoss, { atOnce, failed }: Pick<SharedRunsOptions, 'atOnce' | 'failed'>) {
    this.#boss = boss;
    this.#atOnce = atOnce;
    this.#failed = failed;
    this.#places = new HandPlaces(atOnce);
  }

  get names(): readonly string[] {
    return [...this.#made].map(queueOf);
  }

  /** Takes what changed, and makes queues and takers as they must be, one change after another. */
  follow({ limits = this.#limits, run = this.#run }: Wish): Promise<void> {
    this.#limits = limits;
    this.#run = run;
    const done = this.#last.then(() => this.#make());
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Takes no more; resolves when what runs has ended. */
  async end(): Promise<void> {
    this.#ended = true;
    for (const server of this.#served.keys()) this.#leave(server);
    await this.#last;
    await Promise.all(this.#leaving);
  }

  async #make(): Promise<void> {
    const limits = this.#limits;
    const shares = sharesOf(limits, this.#atOnce);
    const pauseMs = Math.max(1000, (1000 * limits.size) / asksPerSecond);
    for (const server of this.#served.keys()) if (!limits.has(server)) this.#leave(server);
    for (const server of this.#made) if (!limits.has(server)) this.#made.delete(server);
    for (const [server, limit] of limits) {
      if (!this.#made.has(server)) await this.#boss.createQueue(queueOf(server), about);
      this.#made.add(server);
      if (this.#ended || this.#run === null) continue;
      const jobLimits = { share: shares.get(server) ?? 1, limit, pauseMs };
      const known = this.#served.get(server);
      if (known === undefined) this.#served.set(server, this.#serve(server, jobLimits, this.#run));
      else known.change(jobLimits);
    }
  }

  #serve(server: string, jobLimits: JobLimits, run: RunAccount): ServerRuns {
    const parts = {
      boss: this.#boss,
      queue: queueOf(server),
      places: this.#places,
      run,
      failed: this.#failed,
    };
    return new ServerRuns(parts, jobLimits);
  }

  /** What it is doing it finishes. */
  #leave(server: string): void {
    const runs = this.#served.get(server);
    if (runs === undefined) return;
    this.#served.delete(server);
    const leaving = runs.end().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }
}

interface Wish {
  readonly limits?: ReadonlyMap<string, number>;
  readonly run?: RunAccount | null;
}
