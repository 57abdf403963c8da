import type { AccountRef } from '../domain/account.ts';
import { bytes, shortId } from '../domain/brands.ts';
import { count, countOf } from '../domain/count.ts';
import { formatBytes } from '../domain/size.ts';
import { dayText, timeText } from '../domain/time-text.ts';
import type { ReportList, PeriodReport } from '../watch/period-report.ts';
import { reportWords } from './period-report.ts';

/** One part of a report. Its lines are text of one line each, without markup. */
export interface ReportSection {
  readonly title: string;
  /** bad: somebody should do something; info: it is good to know. */
  readonly tone: 'bad' | 'info';
  readonly lines: readonly string[];
}

/** The template: what a report says, before it is plain text or HTML. */
export interface ReportText {
  /** For the subject of a mail. Made of figures alone, never of names. */
  readonly subject: string;
  readonly title: string;
  readonly intro: readonly string[];
  readonly sections: readonly ReportSection[];
  readonly outro: string;
}

/** What a report says, in the time zone of those who read it. Sections with nothing to say are left out. */
export function reportText(report: PeriodReport, zone: string): ReportText {
  const sections = [
    ...urgentSections(report, zone),
    ...quarantineSections(report),
    section('Freed', 'info', report.freed, freedLine),
    section('Archives that may expire soon', 'info', report.expiring, (one) => {
      const size = formatBytes(bytes(one.storedBytes));
      return `${reportWords(one.policy)}: ${countOf(one.archives, 'archive')} with ${countOf(one.messages, 'message')} (${size}) in store "${one.store}", the first from ${dayText(one.first, zone)}`;
    }),
  ].filter(({ lines }) => lines.length > 0);
  const urgent = sections.some(({ tone }) => tone === 'bad');
  return {
    subject: `Mothball: ${summary(report)} (${dayText(report.to, zone)})`,
    title: 'Mothball report',
    intro: [
      `${countOf(report.accounts, 'account')}, from ${timeText(report.from, zone)} to ${timeText(report.to, zone)}`,
      ...(urgent ? [] : ['Nothing needs your attention.']),
    ],
    sections,
    outro: 'More: `mothball status`, `mothball runs --failed`, `mothball report --since 7d`',
  };
}

/** Figures of what needs attention. */
function summary({ full, failed, stores, quarantined, pause, paused }: PeriodReport): string {
  const parts = [
    ...(pause === null ? [] : ['paused']),
    ...some(failed.total, 'failure'),
    ...some(stores.total, 'disabled store'),
    ...some(quarantined.archives.total, 'damaged archive'),
    ...(full.total === 0 ? [] : [`${countOf(full.total, 'account')} full soon`]),
    ...(paused.total === 0 ? [] : [`${countOf(paused.total, 'account')} paused`]),
  ];
  return parts.length === 0 ? 'all is well' : parts.join(', ');
}

function some(total: number, noun: string): readonly string[] {
  return total === 0 ? [] : [countOf(total, noun)];
}

function urgentSections(report: PeriodReport, zone: string): readonly ReportSection[] {
  const { pause } = report;
  const stopped =
    pause === null
      ? []
      : [
          `by ${reportWords(pause.who)} since ${timeText(pause.since, zone)}${pause.reason === null ? '' : `: ${reportWords(pause.reason)}`}; \`mothball resume\` ends it`,
        ];
  return [
    { title: 'Everything is paused', tone: 'bad', lines: stopped },
    section('Failed', 'bad', report.failed, (one) => failedLine(one, zone)),
    section(
      'Stores that fail',
      'bad',
      report.stores,
      ({ store, reason }) => `"${store}": ${reportWords(reason)}`,
    ),
    section('Full, or full soon', 'bad', report.full, (one) => {
      const soon = one.fullAt === null ? '' : `, full on ${dayText(one.fullAt, zone)}`;
      return `${one.percent.toFixed(1)} %  ${on(one)}${soon}`;
    }),
    section('Accounts that are left alone', 'bad', report.paused, (one) => {
      const said =
        one.kind === 'budget' ? reportWords(one.words) : `the server says "${reportWords(one.words)}"`;
      return `${on(one)} until ${timeText(one.until, zone)}: ${said}`;
    }),
  ];
}

function quarantineSections({ quarantined }: PeriodReport): readonly ReportSection[] {
  return [
    section('Archives in quarantine', 'bad', quarantined.archives, ({ id, store, reason }) => {
      return `${shortId(id)} in store "${store}": ${reportWords(reason)}`;
    }),
    section('Messages in quarantine, kept on the server', 'info', quarantined.messages, (one) => {
      const fresh = one.new === 0 ? 'none of them new' : `${count(one.new)} of them new`;
      return `${one.server}: ${countOf(one.messages, 'message')}, ${fresh}`;
    }),
  ];
}

function failedLine(one: PeriodReport['failed']['rows'][number], zone: string): string {
  const where =
    one.accounts === 1 ? on(one.example) : `${countOf(one.accounts, 'account')}, like ${on(one.example)}`;
  const what = one.policy === null ? 'scan' : reportWords(one.policy);
  const last = timeText(one.last, zone);
  if (one.result === 'limit') return `${what} on ${where}: stopped by a limit, last ${last}`;
  return `${what} on ${where}: failed, last ${last}${one.reason === '' ? '' : `: ${reportWords(one.reason)}`}`;
}

function freedLine({ policy, archived, deleted }: PeriodReport['freed']['rows'][number]): string {
  const amount = (one: typeof archived): string =>
    `${countOf(one.messages, 'message')} (${formatBytes(bytes(one.bytes))})`;
  return `${reportWords(policy)}: ${amount(deleted)} deleted, ${amount(archived)} archived`;
}

function on({ server, account }: AccountRef): string {
  return `${reportWords(account)} on ${server}`;
}

function section<T>(
  title: string,
  tone: ReportSection['tone'],
  { total, rows }: ReportList<T>,
  line: (one: T) => string,
): ReportSection {
  const more = total - rows.length;
  const lines = rows.map(line);
  return { title, tone, lines: more > 0 ? [...lines, `and ${count(more)} more`] : lines };
}
