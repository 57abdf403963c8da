import type { Oddity } from '../domain/oddity.ts';
import type { Traffic } from '../ports/account-pauses.ts';
import { MothballError } from '../errors.ts';
import type { MailReader } from '../ports/mail.ts';

const none: Traffic = { bytes: 0, commands: 0 };

function sum(a: Traffic, b: Traffic): Traffic {
  return { bytes: a.bytes + b.bytes, commands: a.commands + b.commands };
}

/** A login that can be renewed: after a broken connection the next command gets a new session. */
export class Connection<S extends MailReader> implements AsyncDisposable {
  readonly #open: () => Promise<S>;
  #session: S | null = null;
  #opened = 0;
  #together = true;
  #oneByOne = false;
  /** Of sessions that have ended. */
  readonly #oddities = new Map<string, Oddity>();

  /** Of sessions that have ended, and what was taken already. */
  #ended: Traffic = none;
  #taken: Traffic = none;

  constructor(open: () => Promise<S>) {
    this.#open = open;
  }

  /** The session, opened when there is none. */
  async session(): Promise<S> {
    if (this.#session === null) {
      this.#session = await this.#open();
      this.#opened += 1;
      if (this.#oneByOne) this.#session.oneByOne();
    }
    return this.#session;
  }

  /** Sessions so far. */
  get opened(): number {
    return this.#opened;
  }

  /** Whether several commands may be sent at once: the server has not yet ended a connection over it. */
  get together(): boolean {
    return this.#together;
  }

  /** Drops the session; from now on commands are sent one by one. */
  async apart(): Promise<void> {
    this.#together = false;
    this.#oneByOne = true;
    await this.drop().catch(() => undefined);
  }

  /** What the server did otherwise than it should, on any session so far; the same thing once. */
  get oddities(): readonly Oddity[] {
    const all = [...this.#oddities.values(), ...(this.#session?.oddities ?? [])];
    return [...new Map(all.map((oddity) => [oddity.about, oddity])).values()];
  }

  /** What was used since the last call. */
  takeTraffic(): Traffic {
    const all = this.#session === null ? this.#ended : sum(this.#ended, this.#session.traffic);
    const before = this.#taken;
    this.#taken = all;
    return { bytes: all.bytes - before.bytes, commands: all.commands - before.commands };
  }

  /** Drops the session; the next call to `session` logs in again. */
  async drop(): Promise<void> {
    const session = this.#session;
    if (session !== null) this.#ended = sum(this.#ended, session.traffic);
    if (session?.lostTogether === true) this.#oneByOne = true;
    for (const oddity of session?.oddities ?? []) this.#oddities.set(oddity.about, oddity);
    this.#session = null;
    await session?.[Symbol.asyncDispose]();
  }

  /** Never throws: what ends with the connection has ended anyway. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drop().catch(() => undefined);
  }
}

/** A session that is there already, and can't be renewed. */
export function lentConnection<S extends MailReader>(session: S): Connection<S> {
  let used = false;
  return new Connection(async () => {
    if (used) throw new MothballError('the session is closed', { code: 'connect', retryable: true });
    used = true;
    return session;
  });
}
