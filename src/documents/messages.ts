import { z } from 'zod';
import type { FoundCount } from '../ports/lines.ts';
import type { MessageRow } from '../ports/records.ts';
import { account, isoInstant } from './document.ts';

const text = z.string().nullable();
const cutFields = z
  .array(z.string())
  .optional()
  .describe('Fields, or recorded headers, of which this is not all; missing when there are none.');

export const messageSchema = z.strictObject({
  id: z.string(),
  archive: z.string(),
  ...account,
  folder: z.string(),
  uid: z.int(),
  date: isoInstant,
  from: text,
  to: text,
  subject: text,
  messageId: text,
  bytes: z.int(),
  flags: z.array(z.string()),
  cut: cutFields,
});

/** One message as `search --json` and the API show it. */
export function messageJson(row: MessageRow): z.infer<typeof messageSchema> {
  const { id, archive, server, account: name, folder, uid, from, to, subject, messageId, bytes } = row;
  return {
    id,
    archive,
    server,
    account: name,
    folder,
    uid,
    date: (row.date ?? row.internalDate).toISOString(),
    from,
    to,
    subject,
    messageId,
    bytes,
    flags: [...row.flags],
    ...(row.cut.length === 0 ? {} : { cut: [...row.cut] }),
  };
}

/** How many messages a search finds in all, beside the list of some of them. */
export const totalShape = {
  total: z.int().min(0).describe('How many messages match in all, as far as they were counted.'),
  totalIsLowerBound: z
    .boolean()
    .describe('Whether more than `total` match: beyond 10,000, or where counting takes too long.'),
} as const;

export function totalJson({ messages, more }: FoundCount): {
  readonly total: number;
  readonly totalIsLowerBound: boolean;
} {
  return { total: messages, totalIsLowerBound: more };
}

const place = z.strictObject({ offset: z.int(), length: z.int() });

/** A manifest line, as `show --headers --json` and the API show it. */
export const messageInfoSchema = z.strictObject({
  kind: z.literal('message'),
  uid: z.int(),
  sha256: z.string(),
  size: z.int(),
  headerSha256: z.string(),
  internalDate: isoInstant,
  flags: z.array(z.string()),
  emailId: text,
  labels: z.array(z.string()),
  messageId: text,
  from: text,
  to: text,
  subject: text,
  date: isoInstant.nullable(),
  crlf: z.boolean(),
  addedNewline: z.boolean(),
  sizeMismatch: z.boolean(),
  frame: place,
  stored: place,
  headers: z.record(z.string(), z.array(z.string())),
  cut: cutFields,
});
