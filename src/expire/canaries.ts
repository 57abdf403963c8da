import { dayMs } from '../domain/dates.ts';
import { canaryDirectory } from '../format/canary-key.ts';
import type { RemovableStore } from '../ports/store.ts';

/** A canary of an earlier day proves nothing any more; a week is kept for people. Milliseconds. */
const keepMs = 7 * dayMs;

/** Removes canaries of past days; nothing else is below their directory. @throws `store`. */
export async function removeOldCanaries(
  store: Pick<RemovableStore, 'list' | 'remove'>,
  now: Date,
  signal: AbortSignal,
): Promise<number> {
  const limit = now.getTime() - keepMs;
  const old: string[] = [];
  for await (const { key } of store.list(canaryDirectory)) if (isBefore(key, limit)) old.push(key);
  let removed = 0;
  for (const key of old) {
    if (signal.aborted) break;
    await store.remove(key);
    removed += 1;
  }
  return removed;
}

/** Its name begins with the day that it was written on. */
function isBefore(key: string, limit: number): boolean {
  const day = /^\d{4}-\d{2}-\d{2}(?=-)/.exec(key.slice(canaryDirectory.length))?.[0];
  if (day === undefined) return false;
  const at = Date.parse(`${day}T00:00:00Z`);
  return Number.isFinite(at) && at < limit;
}
