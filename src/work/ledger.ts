import type { AccountRef } from '../domain/account.ts';
import { type Bytes, bytes } from '../domain/brands.ts';
import type { LimitExceeded, Plan, Totals } from '../domain/plan.ts';
import { errorMessage, isError } from '../errors.ts';
import type { RunFailure, RunReport } from './report.ts';
import { Skips } from './skips.ts';

/** Collects what a run does, for its report. */
export class Ledger {
  readonly skips = new Skips();
  readonly #archived = { messages: 0, bytes: 0 };
  readonly #deleted = { messages: 0, bytes: 0 };
  readonly #errors: RunFailure[] = [];
  readonly #notices = new Map<string, string>();
  #quarantined = 0;
  #limits: readonly LimitExceeded[] = [];
  #plan: Plan | null = null;

  /** One archive, verified. */
  archived(part: Totals): void {
    add(this.#archived, part);
  }

  /** One archive that did not read back as it was written. */
  quarantined(): void {
    this.#quarantined += 1;
  }

  deleted(part: Totals): void {
    add(this.#deleted, part);
  }

  deletedSoFar(): Totals {
    return frozen(this.#deleted);
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
      errors: [...this.#errors, ...this.#quarantineErrors()],
      notices: [...this.#notices.values()],
      limits: this.#limits,
      plan: this.#plan,
    };
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

function frozen(sum: { readonly messages: number; readonly bytes: number }): {
  messages: number;
  bytes: Bytes;
} {
  return { messages: sum.messages, bytes: bytes(sum.bytes) };
}
