import { bytes } from '../domain/brands.ts';
import type { FolderSize } from '../domain/folder.ts';
import { exceeded, type LimitExceeded, sumSizes, type Totals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import type { AccountWork } from '../work/account-work.ts';
import type { Ledger } from '../work/ledger.ts';
import { inScope } from './rules.ts';

/**
 * The safety limits of one policy on one account for one whole run: leftovers, new mail and every
 * round of a drain count together, against what the policy's folders held when the run began.
 */
export class Budget {
  readonly #work: AccountWork;
  readonly #policy: Policy;
  readonly #ledger: Ledger;
  readonly #lifted: boolean;
  /** What the ledger says was deleted before: open intents of an earlier run, settled by this one. */
  readonly #before: Totals;
  #held: FolderSize | null = null;

  constructor(work: AccountWork, policy: Policy, ledger: Ledger, lifted: boolean) {
    this.#work = work;
    this.#policy = policy;
    this.#ledger = ledger;
    this.#lifted = lifted;
    this.#before = ledger.deletedSoFar();
  }

  /** The limits that would be broken if this much more left; none when they are lifted. */
  async broken(leaving: Totals): Promise<readonly LimitExceeded[]> {
    if (this.#lifted || leaving.messages === 0) return [];
    this.#held ??= await this.#measure();
    const deleted = this.#ledger.deletedSoFar();
    const all = {
      messages: deleted.messages - this.#before.messages + leaving.messages,
      bytes: bytes(deleted.bytes - this.#before.bytes + leaving.bytes),
    };
    return exceeded(all, this.#held, this.#policy.limits);
  }

  async #measure(): Promise<FolderSize> {
    const session = await this.#work.connection.session();
    const sizes: FolderSize[] = [];
    for (const folder of await session.folders()) {
      if (!inScope(folder, this.#policy)) continue;
      // A folder whose size is unknown holds nothing for the percentage: the limit is the stricter for it.
      await this.#work.folders.visit(
        folder.path,
        async (reader) => void sizes.push(await reader.size(folder.path)),
      );
    }
    return sumSizes(sizes);
  }
}
