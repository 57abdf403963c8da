import { z } from 'zod';
import { shownText } from '../domain/bounds.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { CsvTable } from './csv.ts';
import { account, isoInstant, iso } from './document.ts';

export const archiveSchema = z.strictObject({
  id: z.string(),
  store: z.string(),
  key: z.string(),
  ...account,
  folder: z.string(),
  policy: z.string(),
  format: z.enum(['mbox', 'eml-zip', 'maildir-tar']),
  compression: z.enum(['zstd', 'gzip', 'deflate', 'none']),
  messages: z.int(),
  bytes: z.int(),
  storedBytes: z.int(),
  created: isoInstant,
  verified: isoInstant.nullable(),
  state: z.enum(['sealed', 'verified', 'quarantined', 'expired']),
  stateReason: z.string().nullable(),
});

/** One archive as `archives --json` and the API show it. */
export function archiveJson(record: ArchiveRecord): z.infer<typeof archiveSchema> {
  const { id, store, key, server, account: name, folder, policy, format, compression } = record;
  const { messages, bytes, storedBytes, state, stateReason } = record;
  return {
    id,
    store: shownText(store),
    key: shownText(key),
    server: shownText(server),
    account: shownText(name),
    folder: shownText(folder),
    policy: shownText(policy),
    format,
    compression,
    messages,
    bytes,
    storedBytes,
    created: record.created.toISOString(),
    verified: iso(record.verifiedAt),
    state,
    stateReason: stateReason === null ? null : shownText(stateReason),
  };
}

/** One line for each archive, as `archives --csv` and the page give it. */
export function archivesCsv(records: readonly ArchiveRecord[]): CsvTable {
  const titles =
    'id,server,account,folder,policy,store,object,messages,bytes,stored_bytes,created,verified,state,reason';
  return {
    titles: titles.split(','),
    rows: records.map((record) => [
      record.id,
      record.server,
      record.account,
      record.folder,
      record.policy,
      record.store,
      record.key,
      record.messages,
      record.bytes,
      record.storedBytes,
      record.created,
      record.verifiedAt,
      record.state,
      record.stateReason,
    ]),
  };
}
