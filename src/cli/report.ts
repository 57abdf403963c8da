import { randomUUID } from 'node:crypto';
import type { App } from '../compose.ts';
import { longestPeriodMs, reportMessage } from '../documents/report-message.ts';
import { parseDuration, subtract } from '../domain/duration.ts';
import { errorMessage, MothballError } from '../errors.ts';
import type { ReportMessage } from '../ports/delivery.ts';
import { periodReport } from '../watch/period-report.ts';
import { type CommonOptions, type Context, forReading, jsonText, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';

interface ReportFlags extends CommonOptions {
  readonly since?: string;
  readonly format?: 'text' | 'html' | 'json';
  readonly send?: boolean;
}

const usualPeriod = '1d';

/** What the daemon would report to the admin, or with --send: reports it now, to all that get reports. */
export async function report(
  context: Context,
  _args: readonly string[],
  options: ReportFlags,
): Promise<ExitCode> {
  const now = context.clock.now();
  return withApp(context, forReading, async (app) => {
    const { reports } = app.config;
    const zone = options.send === true ? (reports?.timezone ?? context.zone) : context.zone;
    const from = sinceOf(options.since ?? usualPeriod, now, zone);
    const ahead = reports?.fullWithin ?? parseDuration('14d');
    const found = await periodReport(app, { from, ahead, timezone: zone });
    const message = reportMessage(found, zone, `mothball-report-${randomUUID()}`);
    if (options.send === true) return await sendNow(context, app, message);
    show(context, message, options);
    return exit.ok;
  });
}

function show(
  { io }: Context,
  { text, html, json }: ReportMessage,
  { format, json: asked }: ReportFlags,
): void {
  if (asked === true || format === 'json') io.out(jsonText(json));
  else io.out((format === 'html' ? html : text).trimEnd());
}

async function sendNow({ io }: Context, app: App, message: ReportMessage): Promise<ExitCode> {
  if (app.deliveries.length === 0)
    throw new MothballError(
      {
        fact: `${app.config.file} says nothing about where reports go`,
        notDone: 'nothing was sent',
        remedy: 'Add reports: with mail or webhook',
      },
      { code: 'usage' },
    );
  let failed = 0;
  for (const delivery of app.deliveries) {
    try {
      const warning = await delivery.send(message, app.signal);
      io.out(`report sent to ${delivery.to}`);
      if (warning !== null) io.err(`warning: ${warning}`);
    } catch (error) {
      app.signal.throwIfAborted();
      failed += 1;
      io.err(`the report was not sent to ${delivery.to}: ${errorMessage(error)}`);
    }
  }
  if (failed === 0) return exit.ok;
  return failed === app.deliveries.length ? exit.failure : exit.partial;
}

/** A day like 2026-01-31, or a time before now like 7d; at most a month ago. */
function sinceOf(text: string, now: Date, zone: string): Date {
  const from = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : ago(text, now, zone);
  if (from !== null && from <= now && now.getTime() - from.getTime() <= longestPeriodMs) return from;
  throw new MothballError(
    {
      fact: `--since takes a day like 2026-01-31 or a time like 7d, at most 31 days ago, not "${text}"`,
      notDone: 'nothing was reported',
    },
    { code: 'usage' },
  );
}

function ago(text: string, now: Date, zone: string): Date | null {
  try {
    return subtract(now, parseDuration(text), zone);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
