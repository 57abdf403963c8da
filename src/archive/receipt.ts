import { randomUUID } from 'node:crypto';
import { shortId } from '../domain/brands.ts';
import { errorMessage } from '../errors.ts';
import { receiptPrefix } from '../format/archive-key.ts';
import { formatReceipt, type Receipt } from '../format/receipt.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { LockedWork } from '../work/locked-work.ts';

/** What was done with lines of an archive. */
export interface ReceiptFacts {
  readonly mode: string;
  readonly lines: readonly number[];
  /** For a restore: where to, and the UIDs it made, one per line. */
  readonly restored?: {
    /** Where it is not that of the archive. */
    readonly server?: string;
    readonly account?: string;
    readonly folder: string;
    readonly uidValidity: number;
    readonly uids: readonly number[];
  };
}

/**
 * A receipt beside the archive, so that `reindex` knows without the database what was done. It is
 * not needed for safety: without it the lines are found gone by the next recheck.
 */
export async function writeReceipt(
  work: Pick<LockedWork, 'gate' | 'clock' | 'progress' | 'run'>,
  record: Pick<ArchiveRecord, 'id' | 'store' | 'key'>,
  { mode, lines, restored }: ReceiptFacts,
): Promise<void> {
  const receipt: Receipt = {
    kind: restored === undefined ? 'purge' : 'restore',
    version: 1,
    at: work.clock.now().toISOString(),
    run: work.run,
    archive: record.id,
    mode,
    lines: [...lines],
    ...(restored === undefined ? {} : { ...restored, uids: [...restored.uids] }),
  };
  try {
    await work.gate
      .find(record.store)
      .putBytes(`${receiptPrefix(record.key)}${randomUUID()}.json`, formatReceipt(receipt));
  } catch (error) {
    work.progress.note(
      `no receipt could be written beside archive ${shortId(record.id)} (${errorMessage(error)}); after a lost database \`reindex\` will find its messages gone by itself`,
    );
  }
}
