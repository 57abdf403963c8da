import { latestSlot } from '../domain/schedule-due.ts';
import { longestPeriodMs, reportMessage } from '../documents/report-message.ts';
import { dayMs } from '../domain/dates.ts';
import { errorMessage, isError } from '../errors.ts';
import type { Delivery } from '../ports/delivery.ts';
import { periodReport } from '../watch/period-report.ts';
import type { ScheduledTask } from './active-config.ts';
import type { JobContext } from './job-context.ts';
import { doneNames } from '../watch/done-names.ts';

/** A lane of its own on the queue, so that a mail server that hangs holds up nothing. No server has this name. */
export const reportLane = ' reports';
/** The lock under which reports are sent. No store has this name. */
const reportLock = '.reports';
const firstPauseMs = 60_000;
const longestPauseMs = 60 * 60_000;

/**
 * Sends the report that is due, by every channel that did not get it yet. What could not be sent is tried
 * again with growing pauses, until the next report takes its place: that one covers the time of both.
 */
export class Reports {
  readonly #add: (job: (context: JobContext) => Promise<void>) => unknown;
  readonly #firstPauseMs: number;
  #tries = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `add` puts a job on the queue. */
  constructor(add: (job: (context: JobContext) => Promise<void>) => unknown, pauseMs = firstPauseMs) {
    this.#add = add;
    this.#firstPauseMs = pauseMs;
  }

  /** Perhaps a report is due. */
  due(): void {
    this.#add((context) => this.#job(context));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Never throws: a report that fails is logged, counted and no reason to stop anything. */
  async #job(context: JobContext): Promise<void> {
    clearTimeout(this.#timer);
    const failed = await this.#send(context).catch((error: unknown) => {
      context.log.error(`the report could not be made: ${errorMessage(error)}`, { job: 'report' });
      return true;
    });
    this.#tries = failed ? this.#tries + 1 : 0;
    if (!failed || context.active.app.signal.aborted) return;
    const pause = Math.min(longestPauseMs, this.#firstPauseMs * 2 ** (this.#tries - 1));
    this.#timer = setTimeout(() => this.due(), pause);
  }

  /** True: something is left to be sent. */
  async #send(context: JobContext): Promise<boolean> {
    const { app, entries } = context.active;
    const entry = entries.find(({ task }) => task.kind === 'report');
    if (entry === undefined || app.deliveries.length === 0) return false;
    // Two replicas may both believe for a moment that they lead. The second finds the report sent.
    await using lock = await app.locks.store(reportLock);
    if (lock === null) return true;
    let left = false;
    for (const delivery of app.deliveries) {
      const last = await app.catalog.lastDone(doneNames.report(delivery.channel));
      if (!context.due.isDue(entry, last)) continue;
      await lock.prove();
      if (!(await deliver(context, { entry, delivery, last }))) left = true;
    }
    if (!left) await app.catalog.setDone('report', app.clock.now());
    return left;
  }
}

interface Due {
  readonly entry: ScheduledTask;
  readonly delivery: Delivery;
  readonly last: Date | null;
}

/** False: it could not be sent. */
async function deliver(
  { active, log, metrics }: JobContext,
  { entry, delivery, last }: Due,
): Promise<boolean> {
  const { app, config } = active;
  const { channel, to } = delivery;
  const now = app.clock.now();
  const slot = latestSlot(entry.schedule, new Date(now.getTime() - longestPeriodMs), now) ?? now;
  const from = periodStart(entry, { last, slot, now });
  const report = await periodReport(
    { ...app, gate: active.gate() },
    { from, ahead: config.reports?.fullWithin ?? { count: 14, unit: 'd' }, timezone: entry.timezone },
  );
  const database = (await app.catalog.databaseId()) ?? 'new';
  const id = `mothball-report-${slot.toISOString().replaceAll(/\D/g, '')}-${channel}-${database}`;
  try {
    const warning = await delivery.send(reportMessage(report, entry.timezone, id), app.signal);
    await app.catalog.setDone(doneNames.report(channel), now);
    metrics.reports.sent(channel, now);
    log.info(`report sent to ${to}`, { channel, from: from.toISOString() });
    if (warning !== null) log.warn(warning, { channel });
    return true;
  } catch (error) {
    if (app.signal.aborted) return false;
    metrics.reports.failed(channel);
    const code = isError(error) ? { code: error.code } : {};
    log.warn(`the report was not sent to ${to}: ${errorMessage(error)}`, { channel, ...code });
    return false;
  }
}

/** The period begins with the last report, or with the time of the one before, and is at most a month. */
function periodStart(
  { schedule }: ScheduledTask,
  { last, slot, now }: { readonly last: Date | null; readonly slot: Date; readonly now: Date },
): Date {
  const earliest = new Date(now.getTime() - longestPeriodMs);
  const before = latestSlot(schedule, earliest, new Date(slot.getTime() - 60_000));
  const from = last ?? before ?? new Date(now.getTime() - dayMs);
  return from < earliest ? earliest : from;
}
