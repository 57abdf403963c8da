import type { AccountGroup } from '../domain/account-group.ts';
import type { AccountRef } from '../domain/account.ts';
import {
  fullestView,
  limitedResources,
  percentUsed,
  type QuotaRoot,
  type QuotaView,
} from '../domain/quota.ts';
import { MothballError } from '../errors.ts';
import type { CommonOptions } from './context.ts';
import { refuseBoth } from './csv.ts';
import type { Style } from './terminal.ts';

/** Accounts that a table lists where `--limit` is not given: it fits a screen with all around it. */
const usualLimit = 25;
/** From here on an account is shown as nearly full, and from here on as full, in percent. */
const nearlyFull = 80;
const full = 95;

const sorts = ['usage', 'size', 'name'] as const;
type Sort = (typeof sorts)[number];

/** The options of commands that show many accounts at once. */
export interface FleetFlags extends CommonOptions {
  readonly over?: string;
  readonly sort?: Sort;
  readonly limit?: string;
  readonly folders?: boolean;
  readonly by?: AccountGroup;
  readonly csv?: boolean;
}

/** The same, read. */
export interface FleetWish {
  /** Only accounts above this, in percent; null: all. */
  readonly over: number | null;
  readonly sort: Sort;
  /** At most this many; null: all. */
  readonly limit: number | null;
  /** Some accounts or an order were asked for: documents follow it too. */
  readonly narrowed: boolean;
}

/** How full an account is. */
export interface Usage {
  /** The limited resource nearest to its limit; else STORAGE without a limit; null: nothing is reported. */
  readonly view: QuotaView | null;
  /** Null: no limit, or not reported. */
  readonly percent: number | null;
  /** Bytes in all its quota roots; null: not reported. */
  readonly bytes: number | null;
}

/** @throws `usage` when an option can't be read. */
export function fleetWish(flags: FleetFlags): FleetWish {
  refuseBoth(flags);
  const { over, sort, limit, csv, json } = flags;
  return {
    over: over === undefined ? null : percentOf(over),
    sort: sort ?? 'usage',
    limit: limitOf(limit, csv === true || json === true ? null : usualLimit),
    narrowed: over !== undefined || sort !== undefined || limit !== undefined,
  };
}

function percentOf(text: string): number {
  const value = Number(/^(\d{1,3}(?:\.\d{1,2})?) ?%?$/.exec(text)?.[1] ?? Number.NaN);
  if (Number.isNaN(value)) throw usage(`--over takes a percentage like 80%, not "${text}"`);
  return value;
}

function limitOf(text: string | undefined, usual: number | null): number | null {
  if (text === undefined) return usual;
  if (text === 'all') return null;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw usage(`--limit takes a whole number or all, not "${text}"`);
  return Number(text);
}

function usage(fact: string): MothballError {
  return new MothballError({ fact, notDone: 'nothing was done' }, { code: 'usage' });
}

export function usageOf(roots: readonly QuotaRoot[] | null): Usage {
  const storage = (roots ?? []).flatMap((root) => (root.storage === null ? [] : [{ root, ...root.storage }]));
  const [first] = storage;
  const view =
    fullestView((roots ?? []).flatMap(limitedResources)) ??
    (first === undefined
      ? null
      : { root: first.root.name, resource: 'storage' as const, used: first.used, limit: null });
  return {
    view,
    percent: view === null ? null : percentUsed(view),
    bytes: first === undefined ? null : storage.reduce((sum, { used }) => sum + used, 0),
  };
}

/** The rows over the threshold, in order. Rows of unknown usage are over no threshold. */
export function arranged<T extends AccountRef & { readonly usage: Usage }>(
  rows: readonly T[],
  { over, sort }: FleetWish,
): readonly T[] {
  const kept = over === null ? rows : rows.filter(({ usage: { percent } }) => (percent ?? -1) > over);
  const byName = (a: T, b: T): number =>
    a.account.localeCompare(b.account, 'en') || a.server.localeCompare(b.server, 'en');
  const bySize = (a: T, b: T): number => (b.usage.bytes ?? -1) - (a.usage.bytes ?? -1);
  return kept.toSorted((a, b) => {
    if (sort === 'name') return byName(a, b);
    const first = sort === 'usage' ? (b.usage.percent ?? -1) - (a.usage.percent ?? -1) : 0;
    return first || bySize(a, b) || byName(a, b);
  });
}

/** The colour of a usage: red where it is full, yellow where it nearly is. */
export function usageStyle(percent: number | null): Style | null {
  if (percent === null || percent < nearlyFull) return null;
  return percent < full ? 'yellow' : 'red';
}

/** `92.1 %`; nothing where there is no limit. */
export function percentCell(percent: number | null): string {
  return percent === null ? '' : `${percent.toFixed(1)} %`;
}
