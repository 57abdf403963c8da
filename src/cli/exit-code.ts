import { isError, MothballError } from '../errors.ts';
import type { RunReport } from '../work/report.ts';

export const exit = {
  ok: 0,
  failure: 1,
  usage: 2,
  partial: 3,
  verification: 4,
  limit: 5,
  locked: 11,
  pending: 20,
} as const;

/** Signals that end a command at its next safe point, and the exit codes they lead to. */
export const signalCodes = { SIGINT: 130, SIGTERM: 143 } as const;

export type ExitCode = (typeof exit)[keyof typeof exit] | (typeof signalCodes)[keyof typeof signalCodes];

/** Why a command's signal was aborted. It decides the exit code, whatever the command had done by then. */
export class Interrupted extends MothballError {
  readonly exitCode: ExitCode;

  constructor(signal: keyof typeof signalCodes) {
    super(
      { fact: `stopped by ${signal}`, notDone: 'what was begun is finished by the next run' },
      { code: 'interrupted' },
    );
    this.exitCode = signalCodes[signal];
  }
}

/** When several apply, the first of these wins. */
const precedence: readonly ExitCode[] = [
  exit.usage,
  exit.verification,
  exit.limit,
  exit.failure,
  exit.locked,
  exit.partial,
];

/** The exit code for something thrown. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!isError(error)) return exit.failure;
  switch (error.code) {
    case 'config':
    case 'usage':
    case 'identity':
      return exit.usage;
    case 'verify':
      return exit.verification;
    case 'locked':
      return exit.locked;
    default:
      return exit.failure;
  }
}

/** The strongest of several codes. */
export function strongest(codes: readonly ExitCode[]): ExitCode {
  return precedence.find((code) => codes.includes(code)) ?? exit.ok;
}

/** The result of one account. */
export type AccountOutcome =
  | { readonly kind: 'done'; readonly reports: readonly RunReport[] }
  /** The reports of policies in plan mode, which need no lock. */
  | { readonly kind: 'locked'; readonly reports: readonly RunReport[] }
  | { readonly kind: 'failed'; readonly error: unknown };

/**
 * 1 when nothing at all succeeded, 11 when every account was locked, 3 when a part failed, was
 * locked or was left undone; limits and failed verifications show whatever else happened.
 */
export function exitCodeOfRun(outcomes: readonly AccountOutcome[]): ExitCode {
  const codes: ExitCode[] = [];
  let good = 0;
  let bad = 0;
  for (const outcome of outcomes) {
    if (outcome.kind === 'failed') {
      bad += 1;
      const code = exitCodeOf(outcome.error);
      if (code !== exit.failure) codes.push(code);
      continue;
    }
    for (const report of outcome.reports) {
      if (report.limits.length > 0) codes.push(exit.limit);
      if (report.errors.some((error) => error.code === 'verify')) codes.push(exit.verification);
      if (report.notices.length > 0) codes.push(exit.partial);
      const faults = report.errors.filter(({ code }) => code !== 'throttled');
      if (faults.length < report.errors.length) codes.push(exit.partial);
      const failed = faults.length > 0 && report.archived.messages + report.deleted.messages === 0;
      if (failed) bad += 1;
      else if (report.errors.length > 0) codes.push(exit.partial);
      if (!failed && outcome.kind === 'done') good += 1;
    }
  }
  const locked = outcomes.filter((outcome) => outcome.kind === 'locked').length;
  if (locked > 0) codes.push(locked === outcomes.length ? exit.locked : exit.partial);
  if (bad > 0) codes.push(good === 0 ? exit.failure : exit.partial);
  return strongest(codes);
}
