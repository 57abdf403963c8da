import { z } from 'zod';
import type { StoreState } from '../watch/stores.ts';
import type { CsvCell } from './csv.ts';
import { iso, isoInstant } from './document.ts';

const amount = z.int().min(0);

export const storeStateSchema = z.strictObject({
  store: z.string(),
  kind: z.enum(['local', 's3']),
  /** Why it is disabled; null: it is fit for use. */
  disabled: z.string().nullable(),
  archives: amount,
  messages: amount,
  bytes: amount,
  storedBytes: amount,
  /** In the last 30 days. */
  grown: z.strictObject({ archives: amount, storedBytes: amount }),
  scrubbed: isoInstant.nullable(),
  unverified: z.strictObject({
    archives: amount,
    oldest: isoInstant.nullable(),
    id: z.string().nullable(),
  }),
  longestUnread: isoInstant.nullable(),
  quarantined: amount,
  freeBytes: amount.nullable(),
  marker: z.string().nullable(),
  owner: z
    .strictObject({ database: z.string(), place: z.string(), since: z.string(), ours: z.boolean() })
    .nullable(),
});

/** One store as the API shows it. */
export function storeJson(state: StoreState): z.infer<typeof storeStateSchema> {
  const { unverified, oldestUnverified, unverifiedId, owner, ...rest } = state;
  return {
    ...rest,
    grown: { ...rest.grown },
    scrubbed: iso(rest.scrubbed),
    unverified: { archives: unverified, oldest: iso(oldestUnverified), id: unverifiedId },
    longestUnread: iso(rest.longestUnread),
    owner:
      owner === null
        ? null
        : { database: owner.database, place: owner.place, since: owner.since, ours: owner.ours },
  };
}

export const storeCsvTitles = [
  'store',
  'kind',
  'disabled',
  'archives',
  'messages',
  'bytes',
  'storedBytes',
  'grownArchives',
  'grownBytes',
  'scrubbed',
  'unverified',
  'oldestUnverified',
  'longestUnread',
  'quarantined',
  'freeBytes',
  'marker',
  'ownerDatabase',
  'ownerPlace',
] as const;

export function storeCsv(state: StoreState): readonly CsvCell[] {
  return [
    state.store,
    state.kind,
    state.disabled,
    state.archives,
    state.messages,
    state.bytes,
    state.storedBytes,
    state.grown.archives,
    state.grown.storedBytes,
    state.scrubbed,
    state.unverified,
    state.oldestUnverified,
    state.longestUnread,
    state.quarantined,
    state.freeBytes,
    state.marker,
    state.owner?.database ?? null,
    state.owner?.place ?? null,
  ];
}
