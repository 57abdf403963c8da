import type { AccountRef } from '../domain/account.ts';

/** A list that is not empty. */
export type Some<T> = readonly [T, ...T[]];

/** Groups what has the same key, in the order of the first of each. */
export function alike<T>(list: readonly T[], key: (one: T) => string): readonly Some<T>[] {
  return [...Map.groupBy(list, key).values()].flatMap(([first, ...rest]) =>
    first === undefined ? [] : [[first, ...rest] as const],
  );
}

/** The reason of one, or what is alike in those of several. */
export function reasonOn(group: Some<AccountRef & { readonly reason: string | null }>): string {
  const [first] = group;
  return group.length === 1 ? withoutAccount(first.reason ?? '', first) : general(first.reason, first);
}

/** A reason without the name of the account, so that what is alike can be seen. */
export function general(reason: string | null, ref: AccountRef): string {
  return withoutAccount(reason ?? '', ref).replaceAll(ref.account, '…');
}

/** Many errors begin with the account, which is named already. */
export function withoutAccount(reason: string, { server, account }: AccountRef): string {
  const prefix = `${server}/${account}: `;
  return reason.startsWith(prefix) ? reason.slice(prefix.length) : reason;
}
