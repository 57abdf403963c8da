import { bytes, uid } from '../../src/domain/brands.ts';
import type { MessageMeta } from '../../src/domain/message.ts';
import type { Match, Policy } from '../../src/domain/policy.ts';

/** The moment that the tests of pure code take for now. */
export const now = new Date('2026-06-15T12:00:00Z');
export const context = { now, timezone: 'UTC' };

/** A date so many days before `now`. */
export function daysAgo(days: number): Date {
  return new Date(now.getTime() - days * 86_400_000);
}

export interface MessageParts extends Partial<Omit<MessageMeta, 'uid' | 'size' | 'headers'>> {
  readonly uid?: number;
  readonly size?: number | null;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
}

/** A message as FETCH describes it: 100 days old, 1000 octets, no flags, unless told otherwise. */
export function message(parts: MessageParts = {}): MessageMeta {
  const { headers, size = 1000, ...rest } = parts;
  return {
    internalDate: daysAgo(100),
    flags: [],
    emailId: null,
    modseq: null,
    savedDate: null,
    ...rest,
    uid: uid(parts.uid ?? 1),
    size: size === null ? null : bytes(size),
    headers: headers === undefined ? null : new Map(Object.entries(headers)),
  };
}

/** An enforcing policy that archives and deletes after a week, unless told otherwise. */
export function policy(match: Match, parts: Partial<Policy> = {}): Policy {
  return {
    name: 'old',
    mode: 'enforce',
    schedule: null,
    timezone: 'UTC',
    accounts: { include: ['*'], exclude: [] },
    folders: { include: ['**'], exclude: [], namespaces: ['personal'] },
    match,
    when: null,
    drainTo: null,
    order: { by: 'oldest', folders: [] },
    archive: { to: 'local', format: 'mbox', compression: 'zstd' },
    delete: { after: { count: 7, unit: 'd' }, mode: 'expunge' },
    limits: { maxMessages: 50_000, maxBytes: bytes(20 * 1024 ** 3), maxPercent: 90 },
    recheck: 'meta',
    trustBodyOverSize: false,
    restoredKeep: { count: 30, unit: 'd' },
    retain: null,
    notify: null,
    hash: '0123456789abcdef',
    ...parts,
  };
}

export const olderThan = (count: number): Match => ({
  kind: 'olderThan',
  age: { count, unit: 'd' },
  from: 'received',
});
