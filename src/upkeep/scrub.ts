import { verify } from '../archive/verify.ts';
import { subtract } from '../domain/duration.ts';
import type { Duration } from '../domain/policy.ts';
import { errorMessage, isError } from '../errors.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { StoreGate } from '../preflight/store-gate.ts';
import type { LockedWork } from '../work/locked-work.ts';

export interface ScrubOptions {
  /** Archives that were read this long ago or before are read again. */
  readonly every: Duration;
  /** Octets of stored archives read at most. */
  readonly maxBytes: number;
}

export interface ScrubResult {
  readonly store: string;
  readonly id: string;
  readonly result: 'ok' | 'failed';
}

export interface ScrubReport {
  readonly read: readonly ScrubResult[];
  /** Due, but left for the next time. */
  readonly left: number;
  /** Stores that could not be read, with the reason. */
  readonly unreachable: ReadonlyMap<string, string>;
}

/**
 * SAFETY step 13: reads old archives again through the code that restores, those unread for longest
 * first. A damaged one is quarantined, and the mail that waits on it stays on the server. A store
 * that can't be reached says nothing of its archives.
 */
export async function scrub(
  work: Pick<LockedWork, 'catalog' | 'codec' | 'clock' | 'progress' | 'signal'> & {
    readonly gate: StoreGate;
  },
  { every, maxBytes }: ScrubOptions,
): Promise<ScrubReport> {
  const before = subtract(work.clock.now(), every, 'UTC').getTime();
  const readAt = (record: ArchiveRecord): number => record.verifiedAt?.getTime() ?? 0;
  const due = (await work.catalog.archives({ states: ['verified'] }))
    .filter((record) => readAt(record) <= before)
    .toSorted((a, b) => readAt(a) - readAt(b));
  const read: ScrubResult[] = [];
  const unreachable = new Map<string, string>();
  let octets = 0;
  let left = 0;
  for (const record of due) {
    const { id, store, storedBytes } = record;
    // The first is read whatever its size, or a large one would never be.
    if (work.signal.aborted || unreachable.has(store) || (octets > 0 && octets + storedBytes > maxBytes)) {
      left += 1;
      continue;
    }
    octets += storedBytes;
    try {
      // An empty mount point must not pass for archives that were lost.
      await work.gate.recognise(work.gate.find(store));
      read.push({ store, id, result: (await verify(work, record, false)) ? 'ok' : 'failed' });
    } catch (error) {
      if (await movedOn(work.catalog, record)) continue;
      if (!isError(error) || error.code === 'database') throw error;
      unreachable.set(store, errorMessage(error));
      left += 1;
    }
  }
  return { read, left, unreachable };
}

/** Whether it expired, or was stored anew, since it was listed: then there is nothing to say of it. */
async function movedOn(
  catalog: Pick<LockedWork['catalog'], 'archive'>,
  { id, manifestSha256 }: ArchiveRecord,
): Promise<boolean> {
  const known = await catalog.archive(id);
  return known === null || known.state === 'expired' || known.manifestSha256 !== manifestSha256;
}
