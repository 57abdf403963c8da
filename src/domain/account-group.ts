import type { AccountRef } from './account.ts';

/** How accounts are summed up. */
export const accountGroups = ['domain', 'server'] as const;
export type AccountGroup = (typeof accountGroups)[number];

/** Where the account is grouped under: the part after the last `@`, or its server. */
export function groupOf({ server, account }: AccountRef, by: AccountGroup): string {
  if (by === 'server') return server;
  const at = account.lastIndexOf('@');
  return at < 0 ? '(no domain)' : account.slice(at + 1).toLowerCase();
}
