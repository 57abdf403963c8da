import type { MailReader } from '../ports/mail.ts';

/** A login that can be renewed: after a broken connection the next command gets a new session. */
export class Connection<S extends MailReader> implements AsyncDisposable {
  readonly #open: () => Promise<S>;
  #session: S | null = null;

  constructor(open: () => Promise<S>) {
    this.#open = open;
  }

  /** The session, opened when there is none. */
  async session(): Promise<S> {
    this.#session ??= await this.#open();
    return this.#session;
  }

  /** Drops the session; the next call to `session` logs in again. */
  async drop(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.[Symbol.asyncDispose]();
  }

  /** Never throws: what ends with the connection has ended anyway. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drop().catch(() => undefined);
  }
}
