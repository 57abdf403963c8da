import type { AccountRef } from '../domain/account.ts';
import type { LimitExceeded, Plan, Tally, Totals } from '../domain/plan.ts';
import { reasonText } from '../domain/reason.ts';
import type { RunResult } from '../domain/run-result.ts';
import type { ErrorCode } from '../errors.ts';

export interface RunFailure {
  readonly code: ErrorCode | 'unexpected';
  readonly message: string;
}

/** What one policy did to one folder; folders that nothing happened to are not listed. */
export interface FolderResult {
  readonly path: string;
  readonly archived: Totals;
  readonly deleted: Totals;
  /** Why it was skipped: `skipped: the server refuses it (NOPERM): "…"`; null: it was looked at. */
  readonly skipped: string | null;
}

/** What one policy did to one account. */
export interface RunReport extends AccountRef {
  readonly policy: string;
  readonly mode: 'plan' | 'enforce';
  readonly archived: Totals;
  readonly deleted: Totals;
  readonly skipped: readonly Tally[];
  readonly folders: readonly FolderResult[];
  readonly errors: readonly RunFailure[];
  /** Things a person should know that are no failure, e.g. a target out of reach. */
  readonly notices: readonly string[];
  readonly limits: readonly LimitExceeded[];
  /** What the policy planned; of a drain, its first round. Null when it never got that far. */
  readonly plan: Plan | null;
}

export function resultOf(
  report: Pick<RunReport, 'errors' | 'limits' | 'notices' | 'archived' | 'deleted'>,
): RunResult {
  // What a pause or the server itself put off is still due, and no fault.
  if (report.errors.some(({ code }) => code === 'interrupted' || code === 'throttled')) return 'interrupted';
  if (report.limits.length > 0) return 'limit';
  const moved = report.archived.messages + report.deleted.messages > 0;
  if (report.errors.length > 0) return moved ? 'partial' : 'failed';
  return report.notices.length > 0 ? 'partial' : 'success';
}

/** Reasons as reports show them: the code for programs, the sentence for people. */
export interface SkippedText {
  readonly code: string;
  readonly reason: string;
  readonly messages: number;
}

export function skippedTexts(skipped: readonly Tally[]): readonly SkippedText[] {
  return skipped.map(({ reason, messages }) => ({ code: reason.code, reason: reasonText(reason), messages }));
}

/** The report as the catalog keeps it: JSON, without the plan. */
export function storedReport(report: RunReport): string {
  return JSON.stringify({ ...report, plan: null, skipped: skippedTexts(report.skipped) });
}
