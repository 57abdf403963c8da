import { accountKey, type AccountRef } from '../domain/account.ts';
import { add } from '../domain/duration.ts';
import { accountMatches } from '../domain/glob.ts';
import { policyNamed } from '../domain/override.ts';
import type { Policy } from '../domain/policy.ts';
import type { Catalog } from '../ports/catalog.ts';

/** Mail that is archived and awaits its purge. */
export interface PendingPurge extends AccountRef {
  readonly policy: string;
  readonly messages: number;
  readonly bytes: number;
  /** When the first of it may be deleted; null: no policy of that name deletes any more. */
  readonly graceEnds: Date | null;
}

/** Where it is known what waits. */
interface PendingSource {
  readonly catalog: Pick<Catalog, 'allPending'>;
  readonly config: { readonly accounts: readonly AccountRef[]; readonly policies: readonly Policy[] };
}

/** What configured accounts wait for, by account and policy. */
export async function pendingPurges({ catalog, config }: PendingSource): Promise<readonly PendingPurge[]> {
  const accounts = new Set(config.accounts.map(accountKey));
  return (await catalog.allPending())
    .filter((found) => accounts.has(accountKey(found)))
    .map(({ since, ...found }) => {
      const policy = policyNamed(config.policies, found.policy, found.account);
      return { ...found, graceEnds: graceEnd(policy, found, since) };
    });
}

/** When the first mail that has been waiting since then may be deleted; null: it is kept. */
function graceEnd(policy: Policy | null, ref: AccountRef, since: Date | null): Date | null {
  if (policy === null || policy.delete === null || policy.mode !== 'enforce') return null;
  if (since === null || !accountMatches(policy.accounts, ref.account)) return null;
  return add(since, policy.delete.after, policy.timezone);
}

/** When the first mail of a group may be deleted. */
export function soonest(group: readonly PendingPurge[], first: Date): Date {
  return group.reduce(
    (least, { graceEnds }) => (graceEnds !== null && graceEnds < least ? graceEnds : least),
    first,
  );
}
