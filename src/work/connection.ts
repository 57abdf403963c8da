import type { Oddity } from '../domain/oddity.ts';
import type { MailReader } from '../ports/mail.ts';

/** A login that can be renewed: after a broken connection the next command gets a new session. */
export class Connection<S extends MailReader> implements AsyncDisposable {
  readonly #open: () => Promise<S>;
  #session: S | null = null;
  #together = true;
  /** Of sessions that have ended. */
  readonly #oddities = new Map<string, Oddity>();

  constructor(open: () => Promise<S>) {
    this.#open = open;
  }

  /** The session, opened when there is none. */
  async session(): Promise<S> {
    this.#session ??= await this.#open();
    return this.#session;
  }

  /** Whether several commands may be sent at once: the server has not yet ended a connection over it. */
  get together(): boolean {
    return this.#together;
  }

  /** Drops the session; from now on commands are sent one by one. */
  async apart(): Promise<void> {
    this.#together = false;
    await this.drop().catch(() => undefined);
  }

  /** What the server did otherwise than it should, on any session so far; the same thing once. */
  get oddities(): readonly Oddity[] {
    const all = [...this.#oddities.values(), ...(this.#session?.oddities ?? [])];
    return [...new Map(all.map((oddity) => [oddity.about, oddity])).values()];
  }

  /** Drops the session; the next call to `session` logs in again. */
  async drop(): Promise<void> {
    const session = this.#session;
    for (const oddity of session?.oddities ?? []) this.#oddities.set(oddity.about, oddity);
    this.#session = null;
    await session?.[Symbol.asyncDispose]();
  }

  /** Never throws: what ends with the connection has ended anyway. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drop().catch(() => undefined);
  }
}
