import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AccountRef, accountKey } from '../domain/account.ts';
import type { OwnerWay } from '../ports/owner-logins.ts';
import { FormKeys } from './form-keys.ts';
import { OwnersQueue, OwnMail } from './own-mail.ts';
import type { OwnArchive } from './owners/own-archive.ts';
import { type OwnerSession, OwnerSessions } from './owners/sessions.ts';
import { type Attempt, SignInLimits } from './owners/sign-in-limits.ts';
import type { WebSource } from './source.ts';

/** Passwords that are checked at once. */
const mostChecks = 8;
/** Names of no account that wait for their refusal at once. */
const mostStrangers = 64;
/** How long a refusal of the mail server takes, as long as none is known, and the longest that is copied; milliseconds. */
const usualRefusalMs = 1_000;
const longestRefusalMs = 5_000;

/** What became of a sign-in; `noPassword`: the account has no password that could be checked. */
export type SignIn =
  | { readonly kind: 'session'; readonly session: OwnerSession }
  | { readonly kind: 'refused' | 'unavailable' | 'noPassword' }
  | { readonly kind: 'later'; readonly seconds: number };

export type SignInResult = SignIn['kind'];

/** What an owner sees: the archive of the account that signed in. */
export interface Visit {
  readonly archive: OwnArchive;
  readonly session: OwnerSession;
  /** The account's name, to be shown. */
  readonly account: string;
}

export interface Said {
  readonly name: string;
  /** Null: it was left out. */
  readonly server: string | null;
  readonly password: string;
  readonly address: string;
}

export interface DoorParts {
  readonly source: () => WebSource;
  readonly log: (line: string) => void;
  /** Called for each sign-in. */
  readonly signedIn: (result: SignInResult) => void;
}

/** Where owners come in. It shares nothing with the tokens of the admins. */
export class OwnerDoor {
  readonly keys: FormKeys;
  readonly #parts: DoorParts;
  readonly #sessions: OwnerSessions;
  readonly #limits: SignInLimits;
  readonly #queue = new OwnersQueue();
  readonly #secret = randomBytes(32);
  readonly #busy = { accounts: 0, strangers: 0 };
  #refusalMs = usualRefusalMs;

  /** `now` in milliseconds. */
  constructor(parts: DoorParts, now: () => number) {
    this.#parts = parts;
    this.keys = new FormKeys(now);
    this.#sessions = new OwnerSessions(now);
    this.#limits = new SignInLimits(now);
  }

  get isOpen(): boolean {
    return this.#parts.source().config.http?.owners === true;
  }

  /** Signs in with the mailbox's own login. Nothing of the password remains. */
  async signIn(said: Said): Promise<SignIn> {
    const result = await this.#try(said);
    this.#parts.signedIn(result.kind);
    return result;
  }

  /** Null: nobody is signed in by this. `address`: where the request comes from. */
  visit(id: string | null, address: string): Visit | null {
    const session = id === null ? null : this.#sessions.find(id);
    if (session === null) return null;
    const { account, place } = session;
    const way = this.#parts.source().ownerLogins.wayOf(account);
    // The account was removed, or is another mailbox now.
    if (way?.kind !== 'password' || way.place !== place) {
      this.#sessions.close(session.id);
      return null;
    }
    const archive = new OwnMail(this.#parts.source, this.#queue, account, address);
    return { archive, session, account: account.account };
  }

  signOut(id: string | null): void {
    if (id !== null) this.#sessions.close(id);
  }

  async #try({ name, server, password, address }: Said): Promise<SignIn> {
    const { ownerLogins } = this.#parts.source();
    const account = this.#named(name, server);
    const way = account === null ? null : ownerLogins.wayOf(account);
    const typed = createHmac('sha256', this.#secret)
      .update(JSON.stringify([server, name]))
      .digest('base64');
    const attempt = { address, account: account === null ? null : accountKey(account), name: typed };
    const waitMs = this.#limits.waitMs(attempt);
    if (waitMs > 0) return { kind: 'later', seconds: Math.ceil(waitMs / 1_000) };
    const kind = account === null ? 'strangers' : 'accounts';
    if (this.#busy[kind] >= (account === null ? mostStrangers : mostChecks))
      return { kind: 'later', seconds: 5 };
    const slowed = this.#limits.begin(attempt);
    this.#busy[kind] += 1;
    try {
      const result = await this.#ask(account, way, password, attempt);
      if (result.kind !== 'session') for (const what of slowed) await this.#report(what, account, attempt);
      return result;
    } finally {
      this.#busy[kind] -= 1;
    }
  }

  async #ask(
    account: AccountRef | null,
    way: OwnerWay | null,
    password: string,
    attempt: Attempt,
  ): Promise<SignIn> {
    if (account === null || way === null) {
      // As long as the mail server takes, so that the time reveals nothing.
      await sleep(this.#refusalMs);
      return { kind: 'refused' };
    }
    if (way.kind === 'noPassword') return { kind: 'noPassword' };
    const began = performance.now();
    const answer = await this.#parts.source().ownerLogins.check(account, password);
    if (answer === 'refused')
      this.#refusalMs = Math.min(longestRefusalMs, Math.round(performance.now() - began));
    if (answer !== 'accepted') return { kind: answer };
    this.#limits.succeeded(attempt);
    await this.#audit('sign-in', account, attempt.address, 'with the login of the mailbox');
    return { kind: 'session', session: this.#sessions.open(account, way.place) };
  }

  /** The account of exactly this name; null: none, or several. */
  #named(name: string, server: string | null): AccountRef | null {
    const { accounts } = this.#parts.source().config;
    const [first, second] = accounts.filter(
      (one) => one.account === name && (server === null || one.server === server),
    );
    return second === undefined && first !== undefined ? first : null;
  }

  /** What was typed as a name is in no line: it may be a password. */
  async #report(
    what: 'account' | 'address',
    account: AccountRef | null,
    { address }: Attempt,
  ): Promise<void> {
    const whose =
      what === 'account' && account !== null ? `${account.account} on ${account.server}` : address;
    this.#parts.log(`too many failed sign-ins of owners, ${what} ${whose}: slowed down`);
    await this.#audit(
      'sign-in-failures',
      what === 'account' ? account : null,
      address,
      `slowed down: ${whose}`,
    );
  }

  async #audit(action: string, account: AccountRef | null, address: string, detail: string): Promise<void> {
    const { catalog, clock } = this.#parts.source();
    const who =
      account === null
        ? `someone from ${address}`
        : `${action === 'sign-in' ? 'owner' : 'someone'} from ${address}`;
    await catalog.addAudit({
      at: clock.now(),
      who,
      action,
      account: account?.account ?? null,
      detail: account === null ? detail : `${detail}, ${account.account} on ${account.server}`,
    });
  }
}
