import type { Job, PgBoss } from 'pg-boss';
import { z } from 'zod';
import type { SharedRuns } from '../ports/queue.ts';
import type { HandPlaces } from './hand-places.ts';

/** Milliseconds between two signs of life of a job. */
const beatMs = 3000;

/** What is stored with a job. */
export const jobDataSchema = z.object({
  server: z.string(),
  account: z.string(),
  tries: z.int().min(0).default(0),
});

/** What pg-boss answers to a sign of life. */
const touchedSchema = z.object({ affected: z.number() });

/** What a replica does with an account. */
export type RunAccount = Parameters<SharedRuns['serve']>[0];

/** How many jobs of a server there may be. */
export interface JobLimits {
  /** Of this replica. */
  readonly share: number;
  /** Of all replicas together: more would only wait for a connection. */
  readonly limit: number;
  /** Milliseconds between two questions for a job where there was none. */
  readonly pauseMs: number;
}

export interface ServerRunsParts {
  readonly boss: PgBoss;
  readonly queue: string;
  readonly places: HandPlaces;
  readonly run: RunAccount;
  /** What the queue could not do; it tries again. */
  readonly failed: (error: Error) => void;
}

/**
 * The jobs of one server that this replica takes. It asks for one only with a place in hand, so that what
 * it has no place for stays with the other replicas.
 */
export class ServerRuns {
  readonly #parts: ServerRunsParts;
  #jobLimits: JobLimits;
  readonly #running = new Set<Promise<void>>();
  readonly #ending = new AbortController();
  readonly #asking: Promise<void>;
  /** Something changed since a job was last asked for. */
  #news = false;
  #resume: () => void = () => undefined;

  constructor(parts: ServerRunsParts, jobLimits: JobLimits) {
    this.#parts = parts;
    this.#jobLimits = jobLimits;
    this.#asking = this.#ask();
  }

  /** What runs is left to run, even where there may be fewer now. */
  change(jobLimits: JobLimits): void {
    const { share, limit } = this.#jobLimits;
    this.#jobLimits = jobLimits;
    if (share !== jobLimits.share || limit !== jobLimits.limit) this.#wake();
  }

  /** Takes no more; resolves when what runs has ended. */
  async end(): Promise<void> {
    this.#ending.abort();
    this.#wake();
    await this.#asking;
    await Promise.all(this.#running);
  }

  async #ask(): Promise<void> {
    const { queue, places } = this.#parts;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      if (this.#running.size >= this.#jobLimits.share) {
        await this.#woken(null);
        continue;
      }
      const place = await places.take(queue, signal);
      if (place === null) return;
      this.#news = false;
      // There may be fewer since it waits.
      const job = this.#running.size < this.#jobLimits.share ? await this.#fetch() : null;
      if (job !== null) {
        this.#start(job, place);
        continue;
      }
      place[Symbol.dispose]();
      // Many servers do not ask in the same moment.
      if (!signal.aborted) await this.#woken(this.#jobLimits.pauseMs * (0.75 + Math.random() / 2));
    }
  }

  /** Waits until a job ends, the limits change, or this time is over. */
  async #woken(ms: number | null): Promise<void> {
    if (!this.#news)
      await new Promise<void>((resolve) => {
        const timer = ms === null ? undefined : setTimeout(resolve, ms);
        this.#resume = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    this.#news = false;
  }

  #wake(): void {
    this.#news = true;
    this.#resume();
  }

  async #fetch(): Promise<Job<unknown> | null> {
    const { boss, queue, failed } = this.#parts;
    try {
      const jobs = await boss.fetch<unknown>(queue, {
        batchSize: 1,
        groupConcurrency: this.#jobLimits.limit,
      });
      return jobs[0] ?? null;
    } catch (error) {
      failed(asError(error));
      return null;
    }
  }

  #start(job: Job<unknown>, place: Disposable): void {
    const running = this.#work(job)
      .catch((error: unknown) => this.#parts.failed(asError(error)))
      .finally(() => {
        this.#running.delete(running);
        place[Symbol.dispose]();
        this.#wake();
      });
    this.#running.add(running);
  }

  /** A job that can't be settled falls silent, and is given to a replica again. */
  async #work(job: Job<unknown>): Promise<void> {
    const { boss, queue, run } = this.#parts;
    const lost = new AbortController();
    const beats = setInterval(() => void this.#beat(job, lost), beatMs);
    try {
      const { server, account, tries } = jobDataSchema.parse(job.data);
      await run({ server, account }, { given: lost.signal, tries });
      await boss.complete(queue, job);
    } catch (error) {
      await boss.fail(queue, job, asError(error));
    } finally {
      clearInterval(beats);
    }
  }

  async #beat(job: Job<unknown>, lost: AbortController): Promise<void> {
    const { boss, queue, failed } = this.#parts;
    if (lost.signal.aborted) return;
    try {
      const { affected } = touchedSchema.parse(await boss.touch(queue, job));
      if (affected === 0) lost.abort(new Error(`the job ${job.id} is no longer this replica's`));
    } catch (error) {
      // Says nothing about whose job it is.
      failed(asError(error));
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
