import { bytes } from '../domain/brands.ts';
import { countOf } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import { formatBytes } from '../domain/size.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log, LogFields } from '../ports/log.ts';
import type { Progress } from '../ports/progress.ts';
import type { RunLine } from '../ports/watch.ts';
import { resultOf, type RunReport } from '../work/report.ts';

/** At most this many lines are stored with a run, each at most this long. */
const mostLines = 500;
const longestLine = 1000;

/** The log lines of one job: they go to the log at once, and are stored with its runs. */
export class RunLog implements Progress {
  readonly lines: RunLine[] = [];
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #fields: LogFields;
  #policy: string | null = null;

  constructor(log: Log, clock: Clock, fields: LogFields) {
    this.#log = log;
    this.#clock = clock;
    this.#fields = fields;
  }

  begin(
    label: string,
    totals: { readonly messages: number; readonly bytes: number },
    unit = 'messages',
  ): void {
    this.#keep(
      'info',
      `${label}: ${totals.messages} ${unit}, ${formatBytes(bytes(totals.bytes))}`,
      this.#policy === null ? {} : { policy: this.#policy },
    );
  }

  /** What follows is about this policy. */
  policy(name: string): void {
    this.#policy = name;
  }

  advance(): void {
    // The log is not a progress bar.
  }

  end(): void {
    // The report has the result.
  }

  note(line: string): void {
    this.#keep('warn', line, this.#policy === null ? {} : { policy: this.#policy });
  }

  /** What a policy did, and what needs a person. */
  report(report: RunReport, seconds: number): void {
    const { policy, archived, deleted, notices, limits, errors } = report;
    const result = resultOf(report);
    const level = result === 'success' || result === 'interrupted' ? 'info' : 'error';
    const sums = `archived ${countOf(archived.messages, 'message')} (${formatBytes(archived.bytes)}), deleted ${deleted.messages} (${formatBytes(deleted.bytes)})`;
    this.#keep(level, `${policy}: ${result}: ${sums}`, { policy, result, archived, deleted, seconds });
    for (const notice of notices) this.#keep('warn', `${policy}: ${notice}`, { policy });
    for (const limit of limits)
      this.#keep('error', `${policy}: over the limit ${limit.limit}, so nothing more was done`, {
        policy,
        limit,
      });
    // A signal, a pause or a reload is no fault.
    for (const { code, message } of errors)
      this.#keep(code === 'interrupted' ? 'info' : 'error', `${policy}: ${message}`, { policy, code });
  }

  #keep(level: RunLine['level'], text: string, fields: LogFields = {}): void {
    this.#log[level](text, { ...this.#fields, ...fields });
    if (this.lines.length >= mostLines) return;
    const full = this.lines.length === mostLines - 1;
    const kept = full ? 'further lines are only in the log' : printable(text).slice(0, longestLine);
    this.lines.push({ at: this.#clock.now(), level, text: kept });
  }
}
