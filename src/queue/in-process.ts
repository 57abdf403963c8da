/**
 * `queue/`: jobs of one process, behind `ports/queue.ts`. Nothing is persisted: what is due follows from
 * the schedules and the catalog.
 * May import `p-queue`, which only this room and the web page know, `ports`, `domain` and `errors.ts`.
 */
import PQueue from 'p-queue';
import type { Job, Queue, QueueStats } from '../ports/queue.ts';

/** Jobs of one server that may run at once, where nothing else is said. */
const defaultLimit = 4;

/** A queue for one process. What is due follows from schedules and catalog, so nothing is kept. */
export class InProcessQueue implements Queue {
  readonly #servers = new Map<string, PQueue>();
  /** Keys that wait for a place. */
  readonly #waiting = new Set<string>();
  readonly #running = new Set<string>();
  /** Jobs that came while their key was running. */
  readonly #next = new Map<string, Job>();
  #draining = false;

  add(job: Job): boolean {
    if (this.#draining || this.#waiting.has(job.key) || this.#next.has(job.key)) return false;
    if (this.#running.has(job.key)) this.#next.set(job.key, job);
    else this.#enqueue(job);
    return true;
  }

  stats(): ReadonlyMap<string, QueueStats> {
    return new Map(
      [...this.#servers].map(([name, queue]) => [name, { running: queue.pending, waiting: queue.size }]),
    );
  }

  limit(server: string, jobs: number): void {
    this.#of(server).concurrency = jobs;
  }

  async drain(): Promise<void> {
    this.#draining = true;
    this.#next.clear();
    for (const queue of this.#servers.values()) queue.clear();
    await Promise.all([...this.#servers.values()].map((queue) => queue.onIdle()));
  }

  #enqueue(job: Job): void {
    this.#waiting.add(job.key);
    // The job's failures are its own; a place that is cleared never settles, and nobody waits for it.
    void this.#of(job.server).add(async () => {
      this.#waiting.delete(job.key);
      this.#running.add(job.key);
      try {
        await job.run();
      } finally {
        this.#running.delete(job.key);
        const next = this.#next.get(job.key);
        this.#next.delete(job.key);
        if (next !== undefined && !this.#draining) this.#enqueue(next);
      }
    });
  }

  #of(server: string): PQueue {
    const known = this.#servers.get(server);
    if (known !== undefined) return known;
    const made = new PQueue({ concurrency: defaultLimit });
    this.#servers.set(server, made);
    return made;
  }
}
