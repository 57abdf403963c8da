import { type Bytes, bytes, type Sha256 } from './brands.ts';
import type { NoticeValues } from './notice-template.ts';
import type { Totals } from './plan.ts';
import { printable } from './printable.ts';
import { percentUsed, type QuotaView } from './quota.ts';
import { formatBytes } from './size.ts';

/** One archive that a notice lists. */
export interface NoticeArchive {
  readonly id: Sha256;
  readonly folder: string;
  readonly messages: number;
  readonly bytes: Bytes;
}

/** What was archived since the last notice. */
export interface NoticeArchives {
  readonly since: Date;
  readonly archives: readonly NoticeArchive[];
  /** When the last of it is removed from the mailbox; null: it has been, or is kept. */
  readonly leaves: Date | null;
}

/** How full the mailbox is, and what comes next. Null: not known. */
export interface Fullness {
  readonly view: QuotaView;
  readonly forecast: Date | null;
  readonly next: Date | null;
  /** What the next run would move. */
  readonly leaving: Totals | null;
}

/** What a notice shows to an account's owner. */
export interface NoticeFacts {
  readonly account: string;
  readonly server: string;
  readonly policy: string;
  readonly now: Date;
  /** Of dates and times. */
  readonly timezone: string;
  /** Null: nothing was archived. */
  readonly archived: NoticeArchives | null;
  /** Null: the mailbox is not nearly full. */
  readonly full: Fullness | null;
}

/** Longest list, and longest name in it, that a notice holds. */
const mostLines = 50;
const longestName = 200;
/** Digits of an archive's ID that are shown, as in `mothball archives`. */
const idDigits = 12;

/** The texts for a template. Names are one line each, without control characters. */
export function noticeValues(facts: NoticeFacts): NoticeValues {
  const { archived, full, timezone } = facts;
  const day = (date: Date | null): string => (date === null ? '' : localTime(date, timezone).slice(0, 10));
  const all = archived?.archives ?? [];
  const sum = totalsOf(all);
  const { leaving = null, next = null, forecast = null } = full ?? {};
  const would = leaving !== null && leaving.messages > 0 ? leaving : null;
  return {
    account: oneLine(facts.account),
    server: oneLine(facts.server),
    policy: oneLine(facts.policy),
    date: day(facts.now),
    since: day(archived?.since ?? null),
    messages: all.length === 0 ? '' : String(sum.messages),
    size: all.length === 0 ? '' : formatBytes(sum.bytes),
    folders: list(
      [...Map.groupBy(all, ({ folder }) => folder)].map(([folder, parts]) => lineOf(folder, totalsOf(parts))),
    ),
    archives: list(all.map((one) => `${one.id.slice(0, idDigits)}  ${lineOf(one.folder, totalsOf([one]))}`)),
    leaves: day(archived?.leaves ?? null),
    full: full === null ? '' : `${(percentUsed(full.view) ?? 0).toFixed(1)} %`,
    used: full === null ? '' : amount(full.view, full.view.used),
    limit: full === null ? '' : amount(full.view, full.view.limit ?? 0),
    forecast: day(forecast),
    next: next === null ? '' : `${localTime(next, timezone)} (${oneLine(timezone)})`,
    nextMessages: would === null ? '' : String(would.messages),
    nextSize: would === null ? '' : formatBytes(would.bytes),
  };
}

function totalsOf(parts: readonly NoticeArchive[]): Totals {
  const sum = (pick: (part: NoticeArchive) => number): number =>
    parts.reduce((total, part) => total + pick(part), 0);
  return { messages: sum((part) => part.messages), bytes: bytes(sum((part) => part.bytes)) };
}

function lineOf(folder: string, sum: Totals): string {
  return `${oneLine(folder)}: ${sum.messages} (${formatBytes(sum.bytes)})`;
}

function list(lines: readonly string[]): string {
  const more = lines.length > mostLines ? [`… +${lines.length - mostLines}`] : [];
  return [...lines.slice(0, mostLines), ...more].map((line) => `  ${line}`).join('\n');
}

function oneLine(name: string): string {
  return printable(name.toWellFormed().slice(0, longestName)).toWellFormed();
}

function amount(view: QuotaView, count: number): string {
  return view.resource === 'storage' ? formatBytes(bytes(Math.ceil(count))) : String(Math.ceil(count));
}

/** `2026-03-01 02:15` in the time of the zone. */
function localTime(date: Date, timeZone: string): string {
  const parts = new Map(
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    })
      .formatToParts(date)
      .map(({ type, value }) => [type, value]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}`;
}
