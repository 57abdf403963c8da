import { Buffer } from 'node:buffer';
import { z } from 'zod';

const receiptSchema = z.object({
  kind: z.enum(['purge', 'restore']),
  version: z.literal(1),
  at: z.iso.datetime(),
  run: z.string(),
  archive: z.string(),
  mode: z.string(),
  /** Indexes of manifest messages, from 0. */
  lines: z.array(z.int().min(0)),
  /** For a restore to another account than that of the archive: its server and name. */
  server: z.string().optional(),
  account: z.string().optional(),
  /** For a restore: where to, and the UIDs it made, one per line. */
  folder: z.string().optional(),
  uidValidity: z.int().min(1).optional(),
  uids: z.array(z.int().min(1)).optional(),
});

/** What a receipt says: these lines of this archive were deleted from, or put back on, the server. */
export type Receipt = z.infer<typeof receiptSchema>;

/** @throws when the text is not a receipt of a version known here. */
export function parseReceipt(text: string): Receipt {
  return receiptSchema.parse(JSON.parse(text));
}

/** The bytes of a receipt object. */
export function formatReceipt(receipt: Receipt): Uint8Array {
  return Buffer.from(`${JSON.stringify(receipt)}\n`);
}
