import { createHmac, randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AccountRef, accountKey } from '../domain/account.ts';
import { FormKeys } from './form-keys.ts';
import { type Client, OwnMail } from './own-mail.ts';
import { MailServers } from './owners/mail-servers.ts';
import type { OwnersArchive } from './owners/own-archive.ts';
import { type OwnerSession, OwnerSessions } from './owners/sessions.ts';
import { type SignInAttempt, SignInLimits } from './owners/sign-in-limits.ts';
import { OwnerTurns } from './owners/turns.ts';
import type { WebSource } from './source.ts';

/**
 * No refusal is faster than this, for accounts and for other names, so that the time does not show which it
 * was. Dovecot takes 2 seconds, so this is longer. A random part of it is added. Milliseconds.
 */
const usualRefusalMs = 2_500;
const jitter = 0.2;
/** Some servers take an empty password for an anonymous login, and a line end for the next command. */
const noPassword = /^$|[\r\n\0]/;

/** The result of a sign-in. `noPassword`: the account has no password that could be checked. */
export type SignIn =
  | { readonly kind: 'session'; readonly session: OwnerSession }
  | { readonly kind: 'refused' | 'unavailable' | 'noPassword' }
  | { readonly kind: 'later'; readonly seconds: number };

export type SignInResult = SignIn['kind'];

/** What an owner sees: the archive of the account that signed in. */
export interface Visit {
  readonly archive: OwnersArchive;
  readonly session: OwnerSession;
  /** The account's name as the page shows it. */
  readonly account: string;
}

export interface SignInWish {
  readonly name: string;
  /** Null if the field was left empty. */
  readonly server: string | null;
  readonly password: string;
  readonly address: string;
}

export interface DoorParts {
  readonly source: () => WebSource;
  readonly log: (line: string) => void;
  /** Called for each sign-in. */
  readonly signedIn: (result: SignInResult) => void;
  /** How long a refusal takes at least, in milliseconds. Left out: the usual time. */
  readonly refusalMs?: number | undefined;
}

/** Where owners sign in. It shares nothing with the administrators' tokens. */
export class OwnerDoor {
  readonly keys: FormKeys;
  readonly #parts: DoorParts;
  readonly #sessions: OwnerSessions;
  readonly #limits: SignInLimits;
  readonly #turns: OwnerTurns;
  readonly #secret = randomBytes(32);
  readonly #servers: MailServers;

  /** `now` in milliseconds. */
  constructor(parts: DoorParts, now: () => number) {
    this.#parts = parts;
    this.keys = new FormKeys(now);
    this.#sessions = new OwnerSessions(now);
    this.#limits = new SignInLimits(now);
    this.#servers = new MailServers(now);
    this.#turns = new OwnerTurns(now);
  }

  get isOpen(): boolean {
    return this.#parts.source().config.http?.owners === true;
  }

  /** Signs in with the mailbox's own login. Nothing of the password remains. */
  async signIn(said: SignInWish): Promise<SignIn> {
    const result = await this.#try(said);
    this.#parts.signedIn(result.kind);
    return result;
  }

  /** The visit of the session with this ID. Null if no one is signed in with it. */
  visit(id: string | null, client: Client): Visit | null {
    const session = id === null ? null : this.#sessions.find(id);
    if (session === null) return null;
    const { account, place } = session;
    const way = this.#parts.source().ownerLogins.wayOf(account);
    // The account was removed, or belongs to another mailbox now.
    if (way?.kind !== 'password' || way.place !== place) {
      this.#sessions.close(session.id);
      return null;
    }
    const archive = new OwnMail(this.#parts.source, this.#turns, account, client);
    return { archive, session, account: account.account };
  }

  signOut(id: string | null): void {
    if (id !== null) this.#sessions.close(id);
  }

  async #try({ name, server, password, address }: SignInWish): Promise<SignIn> {
    // Before the name is looked at, so that the answer is the same for every name.
    if (noPassword.test(password)) return { kind: 'refused' };
    const account = this.#named(name, server);
    const asked = account?.server ?? this.#presumed(name, server);
    const typed = this.#digest(name).toString('base64');
    const attempt = { address, account: account === null ? null : accountKey(account), name: typed };
    const seconds = Math.max(
      Math.ceil(this.#limits.waitMs(attempt) / 1_000),
      this.#servers.waitSeconds(asked),
    );
    if (seconds > 0) return { kind: 'later', seconds };
    return this.#servers.hold(asked, () => this.#attempt(account, asked, password, attempt));
  }

  async #attempt(
    account: AccountRef | null,
    server: string,
    password: string,
    attempt: SignInAttempt,
  ): Promise<SignIn> {
    const slowed = this.#limits.begin(attempt);
    const { refusalMs = usualRefusalMs } = this.#parts;
    const earliest = sleep(refusalMs + randomInt(Math.ceil(refusalMs * jitter) + 1));
    const result = await this.#ask(account, server, password, attempt);
    if (result.kind === 'session') return result;
    const checked = result.kind !== 'unavailable';
    if (!checked) this.#limits.unchecked(attempt);
    for (const what of slowed) if (checked || what === 'address') await this.#report(what, account, attempt);
    await earliest;
    return result;
  }

  async #ask(
    account: AccountRef | null,
    server: string,
    password: string,
    attempt: SignInAttempt,
  ): Promise<SignIn> {
    const { ownerLogins } = this.#parts.source();
    const way = account === null ? null : ownerLogins.wayOf(account);
    if (account === null || way?.kind !== 'password') {
      const downMs = this.#servers.downMs(server);
      if (downMs === null) return { kind: way === null ? 'refused' : 'noPassword' };
      await sleep(downMs);
      return { kind: 'unavailable' };
    }
    const answer = await this.#servers.check(server, () => ownerLogins.check(account, password));
    if (answer !== 'accepted') return { kind: answer };
    this.#limits.succeeded(attempt);
    await this.#audit('sign-in', account, attempt.address, 'with the login of the mailbox');
    return { kind: 'session', session: this.#sessions.open(account, way.place) };
  }

  /** A digest of what was typed, which is of no use to anyone else. */
  #digest(text: string): Buffer {
    return createHmac('sha256', this.#secret).update(text).digest();
  }

  /** The server that an unknown name is counted for, always the same: it answers as slowly as that server's accounts. */
  #presumed(name: string, server: string | null): string {
    const { accounts } = this.#parts.source().config;
    const servers = [...new Set(accounts.map((one) => one.server))];
    if (server !== null && servers.includes(server)) return server;
    return servers[this.#digest(name).readUInt32BE() % Math.max(1, servers.length)] ?? '';
  }

  /** The only account with exactly this name; null if there is none, or more than one. */
  #named(name: string, server: string | null): AccountRef | null {
    const { accounts } = this.#parts.source().config;
    const [first, second] = accounts.filter(
      (one) => one.account === name && (server === null || one.server === server),
    );
    return second === undefined && first !== undefined ? first : null;
  }

  /** Never logs what was typed as a name: it may be a password. */
  async #report(
    what: 'account' | 'address',
    account: AccountRef | null,
    { address }: SignInAttempt,
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
