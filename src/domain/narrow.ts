import type { Bytes } from './brands.ts';
import type { SystemFlag } from './policy.ts';

/**
 * One SEARCH key (RFC 9051 §6.4.4). Dates are whole days in UTC; the server compares them without
 * time or zone, so whoever builds them widens them first.
 */
export type SearchTerm =
  | { readonly kind: 'before'; readonly day: Date }
  | { readonly kind: 'sentBefore'; readonly day: Date }
  | { readonly kind: 'savedBefore'; readonly day: Date }
  | { readonly kind: 'larger'; readonly bytes: Bytes }
  | { readonly kind: 'flag'; readonly flag: SystemFlag; readonly set: boolean }
  | { readonly kind: 'keyword'; readonly keyword: string; readonly set: boolean };
