import { bytes } from '../domain/brands.ts';
import { count, countOf } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import { reasonText } from '../domain/reason.ts';
import { formatBytes } from '../domain/size.ts';
import { withoutAccount } from '../watch/alike.ts';
import type { RunReport } from '../work/report.ts';
import type { Context } from './context.ts';
import { limitText } from './plan-output.ts';
import { logReport } from './run-events.ts';

/** Reports from here on are summed up by policy; those with nothing to say are only counted. */
const many = 4;

/** What a run did: each report, and with many of them what each policy came to. */
export function showReports(context: Context, reports: readonly RunReport[]): void {
  const { io } = context;
  const quiet = (one: RunReport): boolean => reports.length >= many && isIdle(one);
  for (const report of reports) if (!quiet(report)) showReport(context, report);
  if (reports.length < many) return;
  for (const [policy, own] of Map.groupBy(reports, (one) => one.policy)) {
    const sum = (amount: (one: RunReport) => number): number =>
      own.reduce((total, one) => total + amount(one), 0);
    const archived = formatBytes(bytes(sum((one) => one.archived.bytes)));
    const deleted = formatBytes(bytes(sum((one) => one.deleted.bytes)));
    const failed = own.filter(({ errors }) => errors.length > 0).length;
    const line = `${policy}: archived ${countOf(
      sum((one) => one.archived.messages),
      'message',
    )} (${archived}), deleted ${count(sum((one) => one.deleted.messages))} (${deleted}) of ${countOf(own.length, 'account')}; ${countOf(own.filter(isIdle).length, 'account')} with nothing to do`;
    io.out(io.style('bold', line) + (failed > 0 ? io.style('red', `, ${count(failed)} failed`) : ''));
  }
}

function isIdle({ archived, deleted, skipped, errors, limits, plan }: RunReport): boolean {
  const planned = plan?.folders.some(({ messages }) => messages.length > 0) ?? false;
  const done = archived.messages + deleted.messages + skipped.length + errors.length + limits.length;
  return done === 0 && !planned;
}

function showReport({ io }: Context, report: RunReport): void {
  const name = `${report.policy} on ${printable(report.account)}`;
  if (report.mode === 'plan' && report.plan === null) {
    io.out(`${name}: plan mode, nothing done`);
  } else if (report.mode === 'plan') {
    const planned = report.plan?.folders.reduce((sum, folder) => sum + folder.messages.length, 0) ?? 0;
    io.out(`${name}: plan mode, nothing done; ${countOf(planned, 'message')} would be archived`);
  } else {
    const { archived, deleted } = report;
    io.out(
      `${name}: archived ${countOf(archived.messages, 'message')} (${formatBytes(archived.bytes)}), deleted ${count(deleted.messages)} (${formatBytes(deleted.bytes)})`,
    );
  }
  for (const { reason, messages } of report.skipped)
    io.out(`  kept: ${count(messages)} (${printable(reasonText(reason))})`);
}

function moved({ archived, deleted }: RunReport): boolean {
  return archived.messages + deleted.messages > 0;
}

/** What needs a person goes to stderr: a cron job logs it even if it discards stdout. */
export function showFaults({ io }: Context, report: RunReport): void {
  if (io.event !== undefined) return logReport(io.event, report);

  const say = (style: 'red' | 'yellow', text: string): void =>
    io.err(io.style(style, `${report.policy} on ${printable(report.account)}: ${printable(text)}`, 'stderr'));
  for (const notice of report.notices) say('yellow', notice);
  for (const limit of report.limits) {
    say(
      'red',
      `over a limit, so ${moved(report) ? 'nothing more' : 'nothing'} was done: ${limitText(limit)}. Check the policy; \`mothball run ${report.policy} --lift-limits\` lifts its limits once.`,
    );
  }
  for (const { message } of report.errors) say('red', withoutAccount(message, report));
}
