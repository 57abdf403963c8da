/** One account, by the names that mothball.yaml gives to its server and its user. */
export interface AccountRef {
  readonly server: string;
  readonly account: string;
}

/** A key for maps and queues. Two accounts never share one, whatever is in their names. */
export function accountKey({ server, account }: AccountRef): string {
  return JSON.stringify([server, account]);
}

export function sameAccount(a: AccountRef, b: AccountRef): boolean {
  return a.server === b.server && a.account === b.account;
}
