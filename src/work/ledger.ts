import type { AccountRef } from '../domain/account.ts';
import { type Bytes, bytes } from '../domain/brands.ts';
import { type FolderProblem, skippedText } from '../domain/folder-problem.ts';
import { type LimitExceeded, type Plan, type Totals, totals } from '../domain/plan.ts';
import { errorMessage, isError } from '../errors.ts';
import type { FolderResult, RunFailure, RunReport } from './report.ts';
import { Skips } from './skips.ts';

/** Collects what a run does, for its report. */
export class Ledger {
  readonly skips = new Skips();
  readonly #archived = { messages: 0, bytes: 0 };
  readonly #deleted = { messages: 0, bytes: 0 };
  /** Bytes of what is in a Trash that frees nothing: they count for the limits alone. */
  #unfreed = 0;
  readonly #errors: RunFailure[] = [];
  readonly #notices = new Map<string, string>();
  readonly #folders = new Map<string, FolderResult>();
  #quarantined = 0;
  #limits: readonly LimitExceeded[] = [];
  #plan: Plan | null = null;

  /** One archive of this folder, verified. */
  archived(folder: string, part: Totals): void {
    add(this.#archived, part);
    const { archived, ...rest } = this.#folder(folder);
    this.#folders.set(folder, { ...rest, archived: both(archived, part) });
  }

  /** Once each: every policy and every round comes by. */
  folderSkipped(problem: FolderProblem): void {
    const reason = skippedText(problem);
    this.notice(`folder ${problem.path}`, `folder "${problem.path}" ${reason}`);
    this.#folders.set(problem.path, { ...this.#folder(problem.path), skipped: reason });
  }

  /** One archive that did not read back as it was written. */
  quarantined(): void {
    this.#quarantined += 1;
  }

  deleted(folder: string, part: Totals): void {
    add(this.#deleted, part);
    if (part.messages === 0) return;
    const { deleted, ...rest } = this.#folder(folder);
    this.#folders.set(folder, { ...rest, deleted: both(deleted, part) });
  }

  /** Moved to Trash on Gmail: gone from its folder, and nothing is freed. */
  trashed(folder: string, { messages, bytes: size }: Totals): void {
    this.#unfreed += size;
    this.deleted(folder, { messages, bytes: bytes(0) });
  }

  /** What was deleted and is freed. */
  deletedSoFar(): Totals {
    return frozen(this.#deleted);
  }

  /** What counts for the limits: also what is in Trash and frees nothing. */
  leftSoFar(): Totals {
    return frozen({ messages: this.#deleted.messages, bytes: this.#deleted.bytes + this.#unfreed });
  }

  planned(plan: Plan): void {
    this.#plan ??= plan;
  }

  limit(exceeded: readonly LimitExceeded[]): void {
    this.#limits = exceeded;
  }

  /** Once each: a drain comes by in every round. */
  notice(about: string, line: string): void {
    if (!this.#notices.has(about)) this.#notices.set(about, line);
  }

  failure(error: unknown): void {
    const code = isError(error) ? error.code : 'unexpected';
    const message = errorMessage(error);
    // What stops a whole run is met again by each of its parts.
    if (this.#errors.some((known) => known.code === code && known.message === message)) return;
    this.#errors.push({ code, message });
  }

  report(
    policy: { readonly name: string; readonly mode: 'plan' | 'enforce' },
    account: AccountRef,
  ): RunReport {
    return {
      policy: policy.name,
      server: account.server,
      account: account.account,
      mode: policy.mode,
      archived: frozen(this.#archived),
      deleted: frozen(this.#deleted),
      skipped: this.skips.list(),
      folders: [...this.#folders.values()],
      errors: [...this.#errors, ...this.#quarantineErrors()],
      notices: [...this.#notices.values()],
      limits: this.#limits,
      plan: this.#plan,
    };
  }

  #folder(path: string): FolderResult {
    return this.#folders.get(path) ?? { path, archived: totals([]), deleted: totals([]), skipped: null };
  }

  #quarantineErrors(): readonly RunFailure[] {
    if (this.#quarantined === 0) return [];
    const message = `${this.#quarantined} archive(s) did not read back as written and are quarantined; their mail stays on the server. Run \`mothball archives\` and check the store.`;
    return [{ code: 'verify', message }];
  }
}

function add(sum: { messages: number; bytes: number }, part: Totals): void {
  sum.messages += part.messages;
  sum.bytes += part.bytes;
}

function both(a: Totals, b: Totals): Totals {
  return { messages: a.messages + b.messages, bytes: bytes(a.bytes + b.bytes) };
}

function frozen(sum: { readonly messages: number; readonly bytes: number }): {
  messages: number;
  bytes: Bytes;
} {
  return { messages: sum.messages, bytes: bytes(sum.bytes) };
}
