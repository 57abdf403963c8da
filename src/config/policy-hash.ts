import { createHash } from 'node:crypto';
import type { Policy } from '../domain/policy.ts';

/** First 16 hex digits of the SHA-256 of a policy's canonical JSON: keys sorted, all but `notify`, `onRun` and `indexText`. */
export function policyHash(policy: Omit<Policy, 'hash' | 'notify' | 'onRun' | 'indexText'>): string {
  return createHash('sha256').update(canonical(policy)).digest('hex').slice(0, 16);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`).join(',')}}`;
}
