import type { Config } from '../config/config.ts';
import type { AccountRef } from '../domain/account.ts';
import { isError, type MothballError } from '../errors.ts';
import { neverCaught } from '../work/isolate.ts';
import { inPool, InOrder, poolLimits } from './account-pool.ts';
import type { Context } from './context.ts';
import { exit, type ExitCode, exitCodeOf, strongest } from './exit-code.ts';

interface Steps<T, R> {
  readonly accounts: readonly T[];
  readonly step: (account: T) => Promise<R>;
  /** Called in the order of the accounts, as early as that allows. */
  readonly show?: (result: R) => void;
}

/**
 * The account level of isolation (SAFETY I8): does a step for each account, several at a time. One that
 * fails is reported on stderr, and the others continue. Results and reports are in the order of the
 * accounts. @throws what no level may catch.
 */
export async function eachAccount<T extends AccountRef, R>(
  { io, signal, options }: Context,
  config: Config,
  { accounts, step, show = () => undefined }: Steps<T, R>,
): Promise<{ readonly results: readonly R[]; readonly failed: AccountFailures }> {
  const failed = new AccountFailures(accounts.length);
  const results = new Map<number, R>();
  const shown = new InOrder();
  let begun = 0;
  const fatal: MothballError[] = [];
  const one = async (account: T, index: number): Promise<void> => {
    begun += 1;
    try {
      const result = await step(account);
      results.set(index, result);
      shown.add(index, () => show(result));
    } catch (error) {
      if (isError(error, ...neverCaught)) return void fatal.push(error);
      failed.add(error);
      shown.add(index, () => io.problem(error));
    }
  };
  await inPool(poolLimits(config, options), accounts, one, () => signal.aborted || fatal.length > 0);
  shown.end();
  for (const error of fatal) throw error;
  if (begun < accounts.length) signal.throwIfAborted();
  const ordered = [...results].sort(([a], [b]) => a - b);
  return { results: ordered.map(([, result]) => result), failed };
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
