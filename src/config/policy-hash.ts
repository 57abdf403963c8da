import { createHash } from 'node:crypto';
import type { Override, Policy } from '../domain/policy.ts';

type Undecided = 'hash' | 'notify' | 'onRun' | 'indexText' | 'overrides' | 'applied';

/** First 16 hex digits of the SHA-256 of a policy's canonical JSON: keys sorted, all but those that decide on no mail of every account. */
export function policyHash(policy: Omit<Policy, Undecided>): string {
  return digits(policy);
}

/** The same of an override, whose accounts do not matter: it goes into the hash of the policy of each. */
export function overrideHash(override: Omit<Override, 'hash' | 'accounts'>): string {
  return digits(override);
}

function digits(value: object): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 16);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`).join(',')}}`;
}
