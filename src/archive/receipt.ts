import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { shortId } from '../domain/brands.ts';
import { errorMessage } from '../errors.ts';
import { receiptPrefix } from '../format/archive-key.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { Work } from '../work/work.ts';

const receiptSchema = z.object({
  kind: z.enum(['purge', 'restore']),
  version: z.literal(1),
  at: z.iso.datetime(),
  run: z.string(),
  archive: z.string(),
  mode: z.string(),
  /** Indexes of manifest messages, from 0. */
  lines: z.array(z.int().min(0)),
  /** For a restore: where to, and the UIDs it made, one per line. */
  folder: z.string().optional(),
  uidValidity: z.int().min(1).optional(),
  uids: z.array(z.int().min(1)).optional(),
});

/** What a receipt says: these lines of this archive were deleted from, or put back on, the server. */
export type Receipt = z.infer<typeof receiptSchema>;

/** @throws when the text is no receipt of a version known here. */
export function parseReceipt(text: string): Receipt {
  return receiptSchema.parse(JSON.parse(text));
}

/**
 * A receipt beside the archive, so that `reindex` knows without the database what was done. It is
 * not needed for safety: without it the lines are found gone by the next recheck.
 */
export async function writeReceipt(
  work: Pick<Work, 'gate' | 'clock' | 'progress' | 'run'>,
  record: Pick<ArchiveRecord, 'id' | 'store' | 'key'>,
  mode: string,
  lines: readonly number[],
  restored?: { readonly folder: string; readonly uidValidity: number; readonly uids: readonly number[] },
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
      .putBytes(
        `${receiptPrefix(record.key)}${randomUUID()}.json`,
        Buffer.from(`${JSON.stringify(receipt)}\n`),
      );
  } catch (error) {
    work.progress.note(
      `no receipt could be written beside archive ${shortId(record.id)} (${errorMessage(error)}); after a lost database \`reindex\` will find its messages gone by itself`,
    );
  }
}
