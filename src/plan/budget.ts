import { bytes } from '../domain/brands.ts';
import type { Folder, FolderSize } from '../domain/folder.ts';
import type { LabelRules } from '../domain/labels.ts';
import { exceeded, type LimitExceeded, type Plan, sumSizes, type Totals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import type { MailReader } from '../ports/mail.ts';
import type { AccountWork } from '../work/account-work.ts';
import type { Ledger } from '../work/ledger.ts';
import { surveyOf } from '../work/survey.ts';
import { labelRules } from './gmail-folders.ts';
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
    this.#before = ledger.leftSoFar();
  }

  /** What a plan found in the policy's folders need not be measured again, if nothing has left since. */
  planned({ held }: Pick<Plan, 'held'>): void {
    const left = this.#ledger.leftSoFar();
    if (left.messages === this.#before.messages) this.#held ??= held ?? null;
  }

  /** The limits that would be broken if this much more left; none when they are lifted. */
  async broken(leaving: Totals): Promise<readonly LimitExceeded[]> {
    if (this.#lifted || leaving.messages === 0) return [];
    this.#held ??= await this.#measure();
    const deleted = this.#ledger.leftSoFar();
    const all = {
      messages: deleted.messages - this.#before.messages + leaving.messages,
      bytes: bytes(deleted.bytes - this.#before.bytes + leaving.bytes),
    };
    return exceeded(all, this.#held, this.#policy.limits);
  }

  /** On Gmail, what is under the policy's labels, and not all of All Mail. */
  async #labelled(reader: MailReader, path: string, labels: LabelRules): Promise<FolderSize> {
    const sizes: FolderSize[] = [];
    await reader.examine(path);
    for await (const meta of reader.fetchMeta(await reader.search([]))) {
      if (meta.size === null || labels.place(meta.labels, this.#policy).kind !== 'selected') continue;
      sizes.push({ messages: 1, bytes: meta.size });
    }
    return sumSizes(sizes);
  }

  async #measure(): Promise<FolderSize> {
    const { connection, folders: isolation } = this.#work;
    const { gmail } = (await connection.session()).capabilities;
    const suspects = await isolation.suspects();
    const counts = (folder: Folder): boolean => inScope(folder, this.#policy, gmail);
    const { folders, sizes: known } = await surveyOf(connection, {
      sizes: (folder) => !gmail && counts(folder) && !suspects.has(folder.path),
      roots: 'each namespace',
      inQuota: () => false,
    });
    const sizes: FolderSize[] = [];
    for (const folder of folders.filter(counts)) {
      const labels = labelRules(gmail ? { folders } : null, folder);
      // A folder whose size is unknown holds nothing for the percentage: the limit is the stricter for it.
      await isolation.visit(folder.path, async (reader) => {
        sizes.push(
          labels === null
            ? (known.get(folder.path) ?? (await reader.size(folder.path)))
            : await this.#labelled(reader, folder.path, labels),
        );
      });
    }
    return sumSizes(sizes);
  }
}
