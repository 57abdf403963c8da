import { z } from 'zod';
import type { AccountRef } from '../domain/account.ts';
import { type FolderProblem, skippedText } from '../domain/folder-problem.ts';
import type { Forecast } from '../domain/forecast.ts';
import { fullestPercent } from '../domain/quota-band.ts';
import type { QuotaRoot } from '../domain/quota.ts';
import { account, isoInstant, iso } from './document.ts';

const amount = z.int().nullable();

export const accountQuotaSchema = z.strictObject({
  ...account,
  roots: z.array(
    z.strictObject({
      name: z.string(),
      usedBytes: amount,
      limitBytes: amount,
      usedMessages: amount,
      limitMessages: amount,
      /** Of its resource nearest to the limit; null: no limit. */
      percent: z.number().nullable(),
    }),
  ),
  folders: z.array(
    z.strictObject({
      path: z.string(),
      /** Null: the folder was skipped. */
      messages: amount,
      bytes: amount,
      skipped: z.string().nullable(),
    }),
  ),
  /** When the sizes of the folders were read; null: they never were. */
  foldersAt: isoInstant.nullable(),
  /** Of the root nearest to its limit; null: no limit, or not reported. */
  percent: z.number().nullable(),
  fullAt: isoInstant.nullable(),
});

/** What an account holds, and when it will be full. */
export interface AccountQuota extends AccountRef {
  readonly roots: readonly QuotaRoot[] | null;
  readonly folders: readonly { readonly path: string; readonly messages: number; readonly bytes: number }[];
  readonly skipped: readonly FolderProblem[];
  readonly foldersAt: Date | null;
  readonly when: Forecast;
}

/** One account as `quota --json` and the API show it. */
export function quotaJson(found: AccountQuota): z.infer<typeof accountQuotaSchema> {
  const { server, account: name, roots, folders, skipped, foldersAt, when } = found;
  return {
    server,
    account: name,
    roots: (roots ?? []).map((root) => ({
      name: root.name,
      usedBytes: root.storage?.used ?? null,
      limitBytes: root.storage?.limit ?? null,
      usedMessages: root.message?.used ?? null,
      limitMessages: root.message?.limit ?? null,
      percent: fullestPercent([root]),
    })),
    folders: [
      ...folders
        .toSorted((a, b) => b.bytes - a.bytes)
        .map(({ path, messages, bytes }) => ({ path, messages, bytes, skipped: null })),
      ...skipped.map((problem) => {
        return { path: problem.path, messages: null, bytes: null, skipped: skippedText(problem) };
      }),
    ],
    foldersAt: foldersAt === null ? null : iso(foldersAt),
    percent: fullestPercent(roots),
    fullAt: when.kind === 'full' ? iso(when.at) : null,
  };
}
