import { PgBoss } from 'pg-boss';
import { z } from 'zod';
import { accountKey } from '../domain/account.ts';
import type { SharedRuns } from '../ports/queue.ts';
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
  /** Jobs of this replica at once. */
  readonly atOnce: number;
  /** What the queue could not do; it tries again. */
  readonly failed: (error: Error) => void;
}

/** A replica that says nothing for this long has lost its jobs. pg-boss takes no less than 10. */
const heartbeatSeconds = 10;
const dataSchema = z.object({ server: z.string(), account: z.string(), tries: z.int().min(0).default(0) });

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

/** Asks of this replica for jobs in a second, where it has nothing to do. */
const asksPerSecond = 32;

/**
 * Jobs in pg-boss. Its policy `exclusive` keeps one job per account, waiting or running, whoever adds
 * it; heartbeats give back what a dead or frozen replica had. Each server has a queue and workers of its
 * own: accounts of one that hangs take no place from those of another. Which policies are due is not part
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
    schema: 'mothball_queue',
    schedule: false,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
  });
  // Without a listener an error would end the process; pg-boss tries again by itself.
  boss.on('error', options.failed);
  await boss.start();
  const queues = new ServerQueues(boss, options.atOnce);
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopping ??= boss.stop({ graceful: true, timeout: 3_600_000, close: true });
    return stopping;
  };
  return {
    servers: (limits) => queues.follow({ limits }),
    serve: (run) => queues.follow({ run }),

    async add(accounts, tries = 0) {
      // What could not be done when the configuration came, as the database was away.
      await queues.follow({});
      for (const [server, refs] of Map.groupBy(accounts, (account) => account.server)) {
        const jobs = refs.map((account) => ({
          data: { server, account: account.account, tries },
          singletonKey: accountKey(account),
          group: { id: server },
        }));
        for (let first = 0; first < jobs.length; first += 1000)
          await boss.insert(queueOf(server), jobs.slice(first, first + 1000));
      }
    },

    async waiting() {
      const all = queues.names.length === 0 ? [] : await boss.getQueues([...queues.names]);
      return all.reduce((sum, { queuedCount }) => sum + queuedCount, 0);
    },

    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function queueOf(server: string): string {
  return `accounts/${server}`;
}

type Run = Parameters<SharedRuns['serve']>[0];

/** The queue of each server, and the workers that this replica has for it. */
class ServerQueues {
  readonly #boss: PgBoss;
  readonly #atOnce: number;
  #limits: ReadonlyMap<string, number> = new Map();
  #run: Run | null = null;
  readonly #made = new Set<string>();
  /** Servers with workers, and with how many of which limit. */
  readonly #served = new Map<string, string>();
  #last: Promise<void> = Promise.resolve();

  constructor(boss: PgBoss, atOnce: number) {
    this.#boss = boss;
    this.#atOnce = atOnce;
  }

  get names(): readonly string[] {
    return [...this.#made].map(queueOf);
  }

  /** Takes what changed, and makes queues and workers as they must be, one change after another. */
  follow({ limits = this.#limits, run = this.#run }: Wish): Promise<void> {
    this.#limits = limits;
    this.#run = run;
    const done = this.#last.then(() => this.#make());
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #make(): Promise<void> {
    const limits = this.#limits;
    const shares = sharesOf(limits, this.#atOnce);
    const all = [...shares.values()].reduce((sum, share) => sum + share, 0);
    const pause = Math.max(1, all / asksPerSecond);
    for (const server of this.#served.keys()) if (!limits.has(server)) await this.#dismiss(server);
    for (const server of this.#made) if (!limits.has(server)) this.#made.delete(server);
    for (const [server, limit] of limits) {
      const workers = shares.get(server) ?? 1;
      if (!this.#made.has(server)) await this.#boss.createQueue(queueOf(server), about);
      this.#made.add(server);
      const wish = `${workers} of ${limit}, each ${pause} s`;
      if (this.#run === null || this.#served.get(server) === wish) continue;
      await this.#dismiss(server);
      await this.#employ(server, { workers, limit, pause }, this.#run);
      this.#served.set(server, wish);
    }
  }

  /** What they are doing they finish. */
  async #dismiss(server: string): Promise<void> {
    await this.#boss.offWork(queueOf(server), { wait: false });
    this.#served.delete(server);
  }

  async #employ(server: string, { workers, limit, pause }: Staff, run: Run): Promise<void> {
    const work = {
      localConcurrency: workers,
      // Of all replicas: more would only wait for a connection.
      groupConcurrency: limit,
      batchSize: 1,
      pollingIntervalSeconds: pause,
      burstWhenReadyExceeds: 1,
      heartbeatRefreshSeconds: 3,
    };
    await this.#boss.work<unknown>(queueOf(server), work, async (jobs) => {
      for (const { data, signal } of jobs) {
        const { server: name, account, tries } = dataSchema.parse(data);
        await run({ server: name, account }, { given: signal, tries });
      }
    });
  }
}

interface Wish {
  readonly limits?: ReadonlyMap<string, number>;
  readonly run?: Run | null;
}

interface Staff {
  readonly workers: number;
  /** Jobs of all replicas together. */
  readonly limit: number;
  /** Seconds between two questions for a job. */
  readonly pause: number;
}
