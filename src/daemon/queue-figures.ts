import type { Metrics } from '../metrics/metrics.ts';
import type { Queue } from '../ports/queue.ts';

/** Jobs and connections as they are now. */
export function showQueue(queue: Queue, metrics: Metrics): void {
  const stats = [...queue.stats()];
  // Each job has one connection; a server that is not configured is skipped.
  for (const [server, { running }] of stats) metrics.connections(server, running);
  const sum = (part: 'running' | 'waiting'): number => stats.reduce((all, [, count]) => all + count[part], 0);
  metrics.jobs('running', sum('running'));
  metrics.jobs('queued', sum('waiting'));
}
