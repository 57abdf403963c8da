import { accountKey, type AccountRef } from './account.ts';
import { bytes } from './brands.ts';
import type { Plan, PlannedMessage, Totals } from './plan.ts';

/** A message of a folder that one plan lists and the other does not. */
export interface ChangedMessage {
  readonly folder: string;
  readonly message: PlannedMessage;
}

/** How one policy's plans of one account differ. */
export interface PlanChange extends AccountRef {
  readonly policy: string;
  /** Leaves now, and did not before. */
  readonly more: readonly ChangedMessage[];
  /** Left before, and stays now. */
  readonly fewer: readonly ChangedMessage[];
}

/**
 * What differs between plans of the same policies and accounts; those that are alike are left out. A folder
 * that one of the two could not look at is unknown, and no difference.
 */
export function planChanges(before: readonly Plan[], now: readonly Plan[]): readonly PlanChange[] {
  const earlier = new Map(before.map((plan) => [keyOf(plan), plan]));
  const later = new Map(now.map((plan) => [keyOf(plan), plan]));
  return [...new Map([...later, ...earlier]).values()].flatMap(({ policy, server, account }) => {
    const key = keyOf({ policy, server, account });
    const pair = [earlier.get(key), later.get(key)];
    const unknown = new Set(pair.flatMap((plan) => (plan?.problems ?? []).map(({ path }) => path)));
    const old = messagesOf(earlier.get(key), unknown);
    const young = messagesOf(later.get(key), unknown);
    const more = [...young].flatMap(([id, one]) => (old.has(id) ? [] : [one]));
    const fewer = [...old].flatMap(([id, one]) => (young.has(id) ? [] : [one]));
    return more.length + fewer.length === 0 ? [] : [{ policy, server, account, more, fewer }];
  });
}

function keyOf({ policy, server, account }: Pick<Plan, 'policy' | 'server' | 'account'>): string {
  return `${policy} ${accountKey({ server, account })}`;
}

function messagesOf(
  plan: Plan | undefined,
  unknown: ReadonlySet<string>,
): ReadonlyMap<string, ChangedMessage> {
  const known = (plan?.folders ?? []).filter(({ folder }) => !unknown.has(folder.path));
  const all = known.flatMap(({ folder, messages }) =>
    messages.map((message) => ({ folder: folder.path, message })),
  );
  return new Map(all.map((one) => [`${one.message.uid} ${one.folder}`, one]));
}

/** What changed messages come to. */
export function changedTotals(messages: readonly ChangedMessage[]): Totals {
  return {
    messages: messages.length,
    bytes: bytes(messages.reduce((sum, { message }) => sum + message.size, 0)),
  };
}
