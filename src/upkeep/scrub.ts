import { verify } from '../archive/verify.ts';
import type { Sha256 } from '../domain/brands.ts';
import { subtract } from '../domain/duration.ts';
import type { Duration } from '../domain/policy.ts';
import { errorMessage } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import { requirePlausibleClock } from '../preflight/clock-check.ts';
import type { AccountWork } from '../work/account-work.ts';
import { isCatchable } from '../work/isolate.ts';

export interface ScrubOptions {
  /** Archives that were last read at least this long ago are read again. */
  readonly every: Duration;
  /** At most this many bytes of stored archives are read. */
  readonly maxBytes: number;
}

export interface ScrubResult {
  readonly store: string;
  readonly id: string;
  readonly result: 'ok' | 'failed';
}

export interface ScrubReport {
  readonly read: readonly ScrubResult[];
  /** Due, but left for the next scrub. */
  readonly left: number;
  /** Stores that could not be read, with the reason. */
  readonly unreachable: ReadonlyMap<string, string>;
  /** Archives that could not be read in stores that can: nothing is known of them. */
  readonly unread: readonly UnreadArchive[];
}

export interface UnreadArchive {
  readonly store: string;
  readonly id: Sha256;
  readonly reason: string;
}

/** Archives of one store that may fail to be read before the store counts as unreachable. */
const mostUnread = 20;

/**
 * SAFETY step 13: reads old archives again through the code that restores, those unread for longest
 * first. A damaged one is quarantined, and the mail that it would let go stays on the server. A store
 * that can't be reached proves nothing about its archives.
 */
export async function scrub(
  work: Pick<AccountWork, 'catalog' | 'codec' | 'gate' | 'clock' | 'progress' | 'signal'>,
  { every, maxBytes }: ScrubOptions,
): Promise<ScrubReport> {
  await requirePlausibleClock(work, 'no archive was read again');
  const before = subtract(work.clock.now(), every, 'UTC').getTime();
  const readAt = (record: ArchiveRecord): number => record.verifiedAt?.getTime() ?? 0;
  const due = (await work.catalog.archives({ states: ['verified'] }))
    .filter((record) => readAt(record) <= before)
    .toSorted((a, b) => readAt(a) - readAt(b));
  const read: ScrubResult[] = [];
  const unreachable = new Map<string, string>();
  const unread: UnreadArchive[] = [];
  let bytesRead = 0;
  let left = 0;
  for (const record of due) {
    const { id, store, storedBytes } = record;
    // The first is read whatever its size, or a large one would never be read.
    if (
      work.signal.aborted ||
      unreachable.has(store) ||
      (bytesRead > 0 && bytesRead + storedBytes > maxBytes)
    ) {
      left += 1;
      continue;
    }
    bytesRead += storedBytes;
    try {
      // An empty mount point must not pass for archives that were lost.
      await work.gate.recognise(work.gate.find(store));
      read.push({ store, id, result: (await verify(work, record, false)) ? 'ok' : 'failed' });
    } catch (error) {
      if (await movedOn(work.catalog, record)) continue;
      if (!isCatchable(error)) throw error;
      const words = errorMessage(error);
      // An archive that can't be read costs itself alone, a store that can't be what it holds.
      if (unread.filter((one) => one.store === store).length < mostUnread && (await answers(work, store)))
        unread.push({ store, id, reason: words });
      else unreachable.set(store, words);
      left += 1;
    }
  }
  return { read, left, unreachable, unread };
}

async function answers({ gate }: Pick<AccountWork, 'gate'>, store: string): Promise<boolean> {
  try {
    return await gate.recognise(gate.find(store));
  } catch (error) {
    if (!isCatchable(error)) throw error;
    return false;
  }
}

/** Whether it expired, or was stored again, since it was listed: then nothing is reported about it. */
async function movedOn(
  catalog: Pick<Catalog, 'archive'>,
  { id, manifestSha256 }: ArchiveRecord,
): Promise<boolean> {
  const known = await catalog.archive(id);
  return known === null || known.state === 'expired' || known.manifestSha256 !== manifestSha256;
}
