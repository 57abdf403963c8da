import { bytes, type Bytes } from './brands.ts';
import { formatBytes } from './size.ts';

/** Usage and limit of one resource of a quota root (RFC 9208). Null: not reported, or no limit. */
export interface QuotaUse {
  readonly used: number;
  readonly limit: number | null;
}

/** A quota root and its resources. STORAGE is kept in octets (the wire counts 1024-octet units). */
export interface QuotaRoot {
  readonly name: string;
  readonly storage: { readonly used: Bytes; readonly limit: Bytes | null } | null;
  readonly message: QuotaUse | null;
  /** Paths of the folders that GETQUOTAROOT put under this root. */
  readonly folders: readonly string[];
}

/** An amount of a quota resource for people. */
export function formatUse(resource: 'storage' | 'message', amount: number): string {
  return resource === 'storage' ? formatBytes(bytes(Math.ceil(amount))) : `${Math.ceil(amount)} messages`;
}
