import { PgBoss } from 'pg-boss';
import { z } from 'zod';
import { accountKey } from '../domain/account.ts';
import type { SharedRuns } from '../ports/queue.ts';

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
  /** Jobs of this replica at once, and of all replicas together per server. */
  readonly atOnce: number;
  readonly perServer: ReadonlyMap<string, number>;
  /** What the queue could not do; it tries again. */
  readonly failed: (error: Error) => void;
}

const queue = 'accounts';
/** A replica that says nothing for this long has lost its jobs. pg-boss takes no less than 10. */
const heartbeatSeconds = 10;
const ref = z.object({ server: z.string(), account: z.string() });

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

/**
 * Jobs in pg-boss. Its policy `exclusive` keeps one job per account, waiting or running, whoever adds
 * it; heartbeats give back what a dead or frozen replica had. Which policies are due is not part of a
 * job: that follows from schedules and catalog, and whoever gets the account asks.
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
  await boss.createQueue(queue, about);
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> =>
    (stopping ??= boss.stop({ graceful: true, timeout: 3_600_000, close: true }));
  return {
    async add(accounts) {
      const jobs = accounts.map((account) => ({
        data: { server: account.server, account: account.account },
        singletonKey: accountKey(account),
        group: { id: account.server, tier: account.server },
      }));
      for (let first = 0; first < jobs.length; first += 1000)
        await boss.insert(queue, jobs.slice(first, first + 1000));
    },

    async serve(run) {
      const groupConcurrency = { default: 4, tiers: Object.fromEntries(options.perServer) };
      const work = {
        localConcurrency: options.atOnce,
        groupConcurrency,
        batchSize: 1,
        pollingIntervalSeconds: 1,
        burstWhenReadyExceeds: 1,
        heartbeatRefreshSeconds: 3,
      };
      await boss.work<unknown>(queue, work, async (jobs) => {
        for (const { data, signal } of jobs) await run(ref.parse(data), signal);
      });
    },

    async waiting() {
      const [stats] = await boss.getQueueStats(queue);
      return stats?.queuedCount ?? 0;
    },

    stop,
    [Symbol.asyncDispose]: stop,
  };
}
