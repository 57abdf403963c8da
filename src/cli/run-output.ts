import { count, countOf } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import { reasonText } from '../domain/reason.ts';
import { formatBytes } from '../domain/size.ts';
import type { RunReport } from '../work/report.ts';
import type { Context } from './context.ts';
import { limitText } from './plan-output.ts';
import { logReport } from './run-events.ts';

export function showReport({ io }: Context, report: RunReport): void {
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
  for (const { message } of report.errors) say('red', message);
}
