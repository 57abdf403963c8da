import type { Metrics } from '../metrics/metrics.ts';
import type { Queue, SharedRuns } from '../ports/queue.ts';
import type { Leadership } from './leader.ts';

interface QueueParts {
  readonly queue: Queue;
  readonly runs: SharedRuns | null;
  readonly leader: Leadership;
  readonly metrics: Metrics;
}

/** Jobs and connections of this daemon in the metrics, those of accounts that replicas share included. */
export class QueueFigures {
  readonly #parts: QueueParts;
  /** Shared accounts that run here, by server. */
  readonly #running = new Map<string, number>();
  #waiting = 0;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** A shared account is worked on until the returned value is disposed. */
  begin(server: string): Disposable {
    const count = (change: 1 | -1): void => {
      this.#running.set(server, (this.#running.get(server) ?? 0) + change);
      this.show();
    };
    count(1);
    return { [Symbol.dispose]: () => count(-1) };
  }

  /** Asks how many accounts wait for any replica; 0 where another one leads, which shows them. */
  async look(): Promise<number> {
    const { leader, runs } = this.#parts;
    this.#waiting = leader.leads ? ((await runs?.waiting()) ?? 0) : 0;
    this.show();
    return this.#waiting;
  }

  show(): void {
    const { queue, metrics } = this.#parts;
    const running = new Map([...queue.stats()].map(([server, stats]) => [server, stats.running]));
    for (const [server, count] of this.#running) running.set(server, (running.get(server) ?? 0) + count);
    // Each job has one connection; a server that is not configured is skipped.
    for (const [server, count] of running) metrics.connections(server, count);
    const sum = (counts: Iterable<number>): number => [...counts].reduce((all, count) => all + count, 0);
    metrics.jobs('running', sum(running.values()));
    metrics.jobs('queued', sum([...queue.stats().values()].map((stats) => stats.waiting)) + this.#waiting);
  }
}
