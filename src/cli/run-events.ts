import type { App } from '../compose.ts';
import { sendPing } from '../daemon/ping.ts';
import { RunTally } from '../daemon/run-tally.ts';
import { printable } from '../domain/printable.ts';
import { resultOf, type RunReport } from '../work/report.ts';
import type { Context } from './context.ts';
import { limitText } from './plan-output.ts';
import type { Terminal } from './terminal.ts';

/** Reports to the addresses of `onRun`, one ping for each policy that acted. */
export async function pingAll(
  { config, clock, signal }: App,
  { io }: Context,
  reports: readonly RunReport[],
): Promise<void> {
  const tally = new RunTally();
  for (const report of reports) if (report.mode === 'enforce') tally.add(config.policies, report);
  const log = { warn: (line: string): void => io.err(printable(line)) };
  await Promise.all(tally.take(clock.now()).map((ping) => sendPing(ping, { log, signal })));
}

/** The report as events, where stderr is JSON lines. */
export function logReport(event: NonNullable<Terminal['event']>, report: RunReport): void {
  const { policy, server, account, archived, deleted, mode } = report;
  const about = { policy, server, account };
  const result = resultOf(report);
  const level = result === 'success' ? 'info' : result === 'interrupted' ? 'warn' : 'error';
  event(level, `${policy}: ${result}`, { ...about, mode, result, archived, deleted });
  for (const notice of report.notices) event('warn', notice, about);
  for (const limit of report.limits) event('error', `over a limit: ${limitText(limit)}`, { ...about, limit });
  for (const { code, message } of report.errors) event('error', message, { ...about, code });
}
