import { bytes, type Bytes } from './brands.ts';
import { countOf } from './count.ts';
import { formatBytes } from './size.ts';

/** Usage and limit of one resource of a quota root (RFC 9208). Null: not reported, or no limit. */
export interface QuotaUse {
  readonly used: number;
  readonly limit: number | null;
}

/** A quota root and its resources. STORAGE is kept in bytes (the wire counts units of 1024 octets, RFC 9208). */
export interface QuotaRoot {
  readonly name: string;
  readonly storage: { readonly used: Bytes; readonly limit: Bytes | null } | null;
  readonly message: QuotaUse | null;
  /** Paths of the folders that GETQUOTAROOT put under this root. */
  readonly folders: readonly string[];
}

/** Quota roots of one account, each with its samples and series; more are no mailbox. */
export const mostRoots = 50;
/** Characters of a quota root's name. */
export const longestRoot = 1000;
/** STORAGE counts units of 1024 octets (RFC 9208 §5.1). */
const storageUnit = 1024;

/** Usage and limit as they were reported; null: not a number that can be counted exactly. A limit of 0 limits nothing. */
export function quotaUse(used: number | null, limit: number | null): QuotaUse | null {
  return used === null ? null : { used, limit: limit === 0 ? null : limit };
}

/** STORAGE in bytes; null: unknown, or beyond what can be counted exactly. */
export function storageUse(use: QuotaUse | null): QuotaRoot['storage'] {
  if (use === null) return null;
  const used = scaled(use.used);
  return used === null ? null : { used, limit: use.limit === null ? null : scaled(use.limit) };
}

function scaled(units: number): Bytes | null {
  const octetCount = units * storageUnit;
  return Number.isSafeInteger(octetCount) ? bytes(octetCount) : null;
}

/** An amount of a quota resource for people. */
export function formatUse(resource: 'storage' | 'message', amount: number): string {
  return resource === 'storage'
    ? formatBytes(bytes(Math.ceil(amount)))
    : countOf(Math.ceil(amount), 'message');
}

/** The quota resource that a plan looks at: STORAGE in bytes, or MESSAGE in messages. */
export interface QuotaView {
  readonly root: string;
  readonly resource: 'storage' | 'message';
  readonly used: number;
  readonly limit: number | null;
}

/** The resources of a root that have a limit, as percentages make sense only there. */
export function limitedResources(root: QuotaRoot): readonly QuotaView[] {
  const views: QuotaView[] = [];
  if (root.storage !== null && root.storage.limit !== null) {
    views.push({ root: root.name, resource: 'storage', used: root.storage.used, limit: root.storage.limit });
  }
  if (root.message !== null && root.message.limit !== null) {
    views.push({ root: root.name, resource: 'message', used: root.message.used, limit: root.message.limit });
  }
  return views;
}

/** Usage in percent of the limit; null without a limit. */
export function percentUsed(view: QuotaView): number | null {
  return view.limit === null || view.limit <= 0 ? null : (100 * view.used) / view.limit;
}

/** The limited resource that is nearest to its limit; null where nothing has a limit. */
export function fullestView(views: readonly QuotaView[]): QuotaView | null {
  return views.toSorted((a, b) => (percentUsed(b) ?? 0) - (percentUsed(a) ?? 0))[0] ?? null;
}
