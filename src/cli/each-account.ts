import type { AccountRef } from '../domain/account.ts';
import { isError } from '../errors.ts';
import { neverCaught } from '../work/isolate.ts';
import type { Context } from './context.ts';
import { exit, type ExitCode, exitCodeOf, strongest } from './exit-code.ts';

/**
 * The account level of isolation (SAFETY I8): does a step for each account. One that fails is
 * reported on stderr, and the others go on. @throws what no level may catch.
 */
export async function eachAccount<T extends AccountRef>(
  { io, signal }: Pick<Context, 'io' | 'signal'>,
  accounts: readonly T[],
  step: (account: T) => Promise<void>,
): Promise<AccountFailures> {
  const failures = new AccountFailures(accounts.length);
  for (const account of accounts) {
    signal.throwIfAborted();
    try {
      await step(account);
    } catch (error) {
      if (isError(error, ...neverCaught)) throw error;
      io.problem(error);
      failures.add(error);
    }
  }
  return failures;
}

/** Which accounts failed, as an exit code. */
export class AccountFailures {
  readonly #of: number;
  readonly #codes: ExitCode[] = [];

  constructor(of: number) {
    this.#of = of;
  }

  add(error: unknown): void {
    this.#codes.push(exitCodeOf(error));
  }

  get count(): number {
    return this.#codes.length;
  }

  /** `partly`: an account that was read was not read completely. */
  exitCode(partly: boolean): ExitCode {
    if (this.count > 0 && this.count === this.#of) return strongest(this.#codes);
    return this.count > 0 || partly ? exit.partial : exit.ok;
  }
}
