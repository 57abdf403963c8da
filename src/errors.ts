/**
 * The few kinds of failure Mothball knows. A message says what happened, to which account and
 * folder, what was not done, and what to do next; it never holds a secret.
 */
export type ErrorCode =
  | 'config' // the configuration is wrong
  | 'usage' // the command line, a query or an ID is wrong
  | 'identity' // an encrypted archive needs an age identity, and none was given
  | 'auth' // the server refused the login
  | 'token' // the provider gave no access token; retryable when it could not be reached
  | 'connect' // no connection, or it broke; retryable
  | 'timeout' // no answer in time; retryable
  | 'protocol' // the server answered NO, BAD or nonsense
  | 'unsupported' // the server lacks what is needed
  | 'store' // the archive store failed or may not be trusted
  | 'exists' // the object is there already (never overwritten)
  | 'missing' // the object or message is not there
  | 'changed' // it was stored again meanwhile: what was read is not what is recorded now
  | 'verify' // what was read back is not what was written
  | 'full' // the mailbox is over its quota and takes no more mail
  | 'throttled' // the server wants the account to be left alone for hours
  | 'locked' // another process has the account or the store
  | 'database' // the catalog is missing, broken or not to be trusted
  | 'guard' // a command that must never be sent was stopped at the send point
  | 'refused' // a safety rule forbids it
  | 'interrupted'; // SIGINT, SIGTERM, pause

/**
 * What a person reads at 3 a.m., in three parts without final periods: what happened, to which
 * account and folder; what was therefore not done; what to do next (begins with a capital).
 */
export interface Explanation {
  readonly fact: string;
  readonly notDone?: string;
  readonly remedy?: string;
}

/** What a server answered, in its own words. */
export interface Said {
  readonly status: 'NO' | 'BAD';
  /** The response code in capitals, such as NOPERM; null without one. */
  readonly code: string | null;
  readonly text: string;
}

export interface ErrorDetail {
  readonly code: ErrorCode;
  /** True when the same call may succeed later without a change by a person. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
  readonly said?: Said | null;
}

export class MothballError extends Error {
  override readonly name: string = 'MothballError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly explanation: Explanation;
  /** The server's refusal, where that is what happened. */
  readonly said: Said | null;

  constructor(explanation: Explanation | string, detail: ErrorDetail) {
    const parts = typeof explanation === 'string' ? { fact: explanation } : explanation;
    super(explain(parts), detail.cause === undefined ? undefined : { cause: detail.cause });
    this.explanation = parts;
    this.code = detail.code;
    this.retryable = detail.retryable ?? false;
    this.said = detail.said ?? null;
  }
}

/** One fault in a configuration file. Line and column count from 1; null where there is no place. */
export interface Problem {
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
  /** Path of the key, e.g. `policies[0].match.olderThan`. */
  readonly path: string;
  /** What was found, what is allowed, the nearest valid key; never a value that may be secret. */
  readonly message: string;
}

/** All faults of a configuration at once. */
export class ConfigError extends MothballError {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'), { code: 'config' });
    this.problems = problems;
  }
}

export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== null).join(':');
  return `${place}: ${problem.path === '' ? '' : `${problem.path}: `}${problem.message}`;
}

/** The parts of an explanation as one text. The only place that joins them. */
export function explain({ fact, notDone, remedy }: Explanation): string {
  const happened = notDone === undefined ? fact : `${fact}; ${notDone}`;
  return remedy === undefined ? happened : `${happened}. ${remedy}.`;
}

/** Whether it is one of our errors, with one of these codes when any are given. */
export function isError(error: unknown, ...codes: readonly ErrorCode[]): error is MothballError {
  return error instanceof MothballError && (codes.length === 0 || codes.includes(error.code));
}

/** The message of anything thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What happened, without what to do about it; for lines of a log that names more of it later. */
export function errorFact(error: unknown): string {
  return isError(error) ? error.explanation.fact : errorMessage(error);
}

/** What a system call failed with, in words; `ENOENT: no such file or directory, stat '/x'` is not for people. */
export function systemFault(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file or directory';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EEXIST':
      return 'it exists already';
    case 'ENOTDIR':
      return 'a part of the path is no directory';
    case 'ENOSPC':
      return 'the disk is full';
    default:
      return errorMessage(error);
  }
}

/** True when the connection to the mail server broke or fell silent: a new one may do better. */
export function isConnectionLost(error: unknown): error is MothballError {
  return isError(error, 'connect', 'timeout') && error.retryable;
}
