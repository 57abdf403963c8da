import type { AccountRef } from './account.ts';

/** One name in mothball.yaml: of an account, or with `account` null of a server. */
export interface Name {
  readonly server: string;
  readonly account: string | null;
}

/** What had one name until a moment has another since. Archives from before carry the old one in their manifests. */
export interface Alias {
  readonly from: Name;
  readonly to: Name;
  readonly at: Date;
}

/** Today's name of what had this name at a moment: an account that got the name later is another one. */
export function nameToday(aliases: readonly Alias[], then: AccountRef, moment: Date): AccountRef {
  let name = then;
  for (const { from, to, at } of aliases.toSorted((a, b) => a.at.getTime() - b.at.getTime())) {
    if (at.getTime() < moment.getTime() || from.server !== name.server) continue;
    if (from.account === null) name = { ...name, server: to.server };
    else if (from.account === name.account) name = { server: to.server, account: to.account ?? name.account };
  }
  return name;
}

/** For people and the audit. */
export function nameText({ server, account }: Name): string {
  return account === null ? `server ${server}` : `${account} on ${server}`;
}
