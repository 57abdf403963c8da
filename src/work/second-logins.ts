import { errorFact, isError } from '../errors.ts';
import type { SecondLogin } from '../ports/mail.ts';
import { neverCaught } from './isolate.ts';

/**
 * Second logins of one account during one run. All work can be done on the first one alone, so one
 * that is refused, or that the server ends, is no fault: the run then goes on without.
 */
export class SecondLogins {
  readonly #open: () => Promise<SecondLogin | null>;
  #refused: string | null = null;

  constructor(open: () => Promise<SecondLogin | null>) {
    this.#open = open;
  }

  /** Why there is none any more in this run; null: one may be asked for. */
  get refused(): string | null {
    return this.#refused;
  }

  /** Null: there is no place for one now, or the server lets none in. @throws what nobody may catch. */
  async open(): Promise<SecondLogin | null> {
    if (this.#refused !== null) return null;
    try {
      return await this.#open();
    } catch (error) {
      if (!isError(error) || isError(error, ...neverCaught)) throw error;
      this.refuse(errorFact(error));
      return null;
    }
  }

  /** No other one is opened in this run. */
  refuse(reason: string): void {
    this.#refused = reason;
  }
}
