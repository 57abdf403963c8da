import { z } from 'zod';
import { shownText } from '../domain/bounds.ts';
import { printable } from '../domain/printable.ts';
import type { ReportList, PeriodReport } from '../watch/period-report.ts';
import { account, iso, isoInstant, totalsSchema } from './document.ts';

/** What a stranger may have written takes at most this much room in a report, in UTF-16 units. */
const longestWords = 300;

/** Words of servers, policies and people in a report: one line, bounded. */
export function reportWords(text: string): string {
  return printable(shownText(text, longestWords));
}

const list = <T extends z.ZodType>(row: T) => z.strictObject({ total: z.int(), rows: z.array(row) });

/** The report as `report --json` and the webhook have it. */
export const periodReportShape = {
  from: isoInstant,
  to: isoInstant,
  accounts: z.int(),
  pause: z.strictObject({ since: isoInstant, who: z.string(), reason: z.string().nullable() }).nullable(),
  full: list(z.strictObject({ ...account, percent: z.number(), fullAt: isoInstant.nullable() })),
  failed: list(
    z.strictObject({
      policy: z.string().nullable(),
      result: z.enum(['failed', 'limit']),
      accounts: z.int(),
      example: z.strictObject(account),
      reason: z.string(),
      last: isoInstant,
    }),
  ),
  stores: list(z.strictObject({ store: z.string(), reason: z.string() })),
  paused: list(z.strictObject({ ...account, reason: z.string(), since: isoInstant, until: isoInstant })),
  freed: list(z.strictObject({ policy: z.string(), archived: totalsSchema, deleted: totalsSchema })),
  quarantined: z.strictObject({
    archives: list(z.strictObject({ id: z.string(), store: z.string(), reason: z.string() })),
    messages: list(z.strictObject({ server: z.string(), messages: z.int(), new: z.int() })),
  }),
  expiring: list(
    z.strictObject({
      policy: z.string(),
      store: z.string(),
      archives: z.int(),
      messages: z.int(),
      storedBytes: z.int(),
      first: isoInstant,
    }),
  ),
} as const;

const schema = z.strictObject(periodReportShape);

export function periodReportJson(report: PeriodReport): z.infer<typeof schema> {
  const { pause, quarantined } = report;
  const ref = (one: { readonly server: string; readonly account: string }) => ({
    server: one.server,
    account: reportWords(one.account),
  });
  const reason = <T extends { readonly reason: string }>(one: T): T => ({
    ...one,
    reason: reportWords(one.reason),
  });
  return {
    from: report.from.toISOString(),
    to: report.to.toISOString(),
    accounts: report.accounts,
    pause:
      pause === null
        ? null
        : {
            since: pause.since.toISOString(),
            who: reportWords(pause.who),
            reason: pause.reason === null ? null : reportWords(pause.reason),
          },
    full: each(report.full, (one) => ({ ...ref(one), percent: one.percent, fullAt: iso(one.fullAt) })),
    failed: each(report.failed, (one) => ({
      ...reason(one),
      example: ref(one.example),
      last: one.last.toISOString(),
    })),
    stores: each(report.stores, reason),
    paused: each(report.paused, (one) => ({
      ...ref(one),
      reason: reportWords(one.words),
      since: one.since.toISOString(),
      until: one.until.toISOString(),
    })),
    freed: each(report.freed, (one) => one),
    quarantined: {
      archives: each(quarantined.archives, reason),
      messages: each(quarantined.messages, (one) => one),
    },
    expiring: each(report.expiring, (one) => ({ ...one, first: one.first.toISOString() })),
  };
}

function each<T, U>({ total, rows }: ReportList<T>, make: (one: T) => U): { total: number; rows: U[] } {
  return { total, rows: rows.map(make) };
}
