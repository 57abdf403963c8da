import type { ResourceLimits } from 'node:worker_threads';
import { type Link, WorkerLink } from './worker-link.ts';

/** One thread for one job, from its first request to its last. */
export interface TakenLink<Request, Reply> extends Link<Request, Reply> {
  /** Called once the job has ended. */
  free(): void;
}

interface Place<Request, Reply> {
  readonly link: WorkerLink<Request, Reply>;
  jobs: number;
}

/** Threads for jobs of several requests each: a further one starts only when all others have a job. */
export class WorkerPool<Request, Reply> {
  readonly #places: Place<Request, Reply>[] = [];
  readonly #name: string;
  readonly #most: number;
  readonly #limits: ResourceLimits;

  /** `name` as for `WorkerLink`; `most`: threads, at least 1. */
  constructor(name: string, most: number, limits: ResourceLimits = {}) {
    this.#name = name;
    this.#most = most;
    this.#limits = limits;
  }

  /** The thread with the fewest jobs. */
  take(): TakenLink<Request, Reply> {
    const place = this.#leastBusy();
    place.jobs += 1;
    let freed = false;
    return {
      call: (request, transfer) => place.link.call(request, transfer),
      free: () => {
        if (!freed) place.jobs -= 1;
        freed = true;
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#places.map(({ link }) => link.close()));
  }

  #leastBusy(): Place<Request, Reply> {
    const [least] = this.#places.toSorted((a, b) => a.jobs - b.jobs);
    if (least !== undefined && (least.jobs === 0 || this.#places.length >= this.#most)) return least;
    const place = { link: new WorkerLink<Request, Reply>(this.#name, this.#limits), jobs: 0 };
    this.#places.push(place);
    return place;
  }
}
