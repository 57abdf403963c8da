import { dueOn } from '../domain/expiry.ts';
import { subtract } from '../domain/duration.ts';
import { policyFor } from '../domain/override.ts';
import type { Policy } from '../domain/policy.ts';
import type { Catalog } from '../ports/catalog.ts';
import { alike } from './alike.ts';

interface Amount {
  readonly messages: number;
  readonly bytes: number;
}

/** What one policy archived and deleted in the period. */
export interface Freed {
  readonly policy: string;
  readonly archived: Amount;
  readonly deleted: Amount;
}

/** Archives of one policy in one store whose retention ends. */
export interface ExpiringArchives {
  readonly policy: string;
  readonly store: string;
  readonly archives: number;
  readonly messages: number;
  readonly storedBytes: number;
  /** When the first of them may be removed. */
  readonly first: Date;
}

/** Runs read at a time: each has a report of some KB. */
const runsAtOnce = 500;

/** What runs that ended since then came to, policy by policy, the largest first. */
export async function freedSince(
  catalog: Pick<Catalog, 'runPage'>,
  actedSince: Date,
): Promise<readonly Freed[]> {
  const sums = new Map<string, Freed>();
  for (let offset = 0; ; offset += runsAtOnce) {
    const { rows } = await catalog.runPage({ actedSince }, { limit: runsAtOnce, offset });
    for (const { policy, report } of rows) {
      const before = sums.get(policy);
      sums.set(policy, {
        policy,
        archived: sum(before?.archived, amountIn(report, 'archived')),
        deleted: sum(before?.deleted, amountIn(report, 'deleted')),
      });
    }
    if (rows.length < runsAtOnce) break;
  }
  return [...sums.values()].toSorted((a, b) => b.deleted.bytes - a.deleted.bytes);
}

function sum(a: Amount | undefined, b: Amount): Amount {
  return { messages: (a?.messages ?? 0) + b.messages, bytes: (a?.bytes ?? 0) + b.bytes };
}

/** An amount of a report's JSON; nothing where it is missing. */
function amountIn(report: string | null, key: 'archived' | 'deleted'): Amount {
  const parsed: unknown = report === null ? null : JSON.parse(report);
  const found: unknown = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, key) : null;
  const numberOf = (name: string): number => {
    const value: unknown = typeof found === 'object' && found !== null ? Reflect.get(found, name) : 0;
    return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
  };
  return { messages: numberOf('messages'), bytes: numberOf('bytes') };
}

/**
 * Archives that a removal until then may find old enough, by their creation: younger mail in them, holds
 * and locks may keep them for longer.
 */
export async function expiringUntil(
  {
    catalog,
    config,
  }: {
    readonly catalog: Pick<Catalog, 'archives'>;
    readonly config: { readonly policies: readonly Policy[] };
  },
  until: Date,
): Promise<readonly ExpiringArchives[]> {
  const found: ExpiringArchives[] = [];
  for (const policy of config.policies) {
    if (policy.retain === null || policy.mode !== 'enforce') continue;
    const createdUntil = subtract(until, policy.retain, policy.timezone);
    const archives = await catalog.archives({ policy: policy.name, states: ['verified'], createdUntil });
    // For accounts whose archives are kept for longer, others than those that the catalog found by the policy.
    const due = archives.filter(({ created, account }) => {
      const own = policyFor(policy, account);
      return own === policy || dueOn(created, own) <= until;
    });
    for (const group of alike(due, ({ store }) => store)) {
      const dates = group.map(({ created, account }) => dueOn(created, policyFor(policy, account)));
      found.push({
        policy: policy.name,
        store: group[0].store,
        archives: group.length,
        messages: group.reduce((total, { messages }) => total + messages, 0),
        storedBytes: group.reduce((total, { storedBytes }) => total + storedBytes, 0),
        first: dates.reduce((least, date) => (date < least ? date : least)),
      });
    }
  }
  return found;
}
