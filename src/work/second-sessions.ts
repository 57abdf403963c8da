import { throttledBy } from '../domain/throttle.ts';
import { errorFact, isError, type MothballError } from '../errors.ts';
import type { SecondSession } from '../ports/mail.ts';
import type { AccountWork } from './account-work.ts';
import { neverCaught } from './isolate.ts';

/**
 * Whether an account may have a second session: not on Gmail, where labels and Trash concern all folders,
 * nor with an allowance of a day, which it would use up beside the first.
 */
export async function mayHaveSecond({
  perDay,
  connection,
}: Pick<AccountWork, 'perDay' | 'connection'>): Promise<boolean> {
  if ((perDay?.bytes ?? null) !== null || (perDay?.commands ?? null) !== null) return false;
  return !(await connection.session()).capabilities.gmail;
}

export interface SecondSessionParts {
  readonly open: () => Promise<SecondSession | null>;
  /** Gets one line for a person when there will be none any more. */
  readonly note: (line: string) => void;
}

/**
 * Second sessions of one account during one run. All work can be done on the first one alone, so one
 * that is refused, or that the server ends, is no fault: the run continues without.
 */
export class SecondSessions {
  readonly #parts: SecondSessionParts;
  #refused = false;

  constructor(parts: SecondSessionParts) {
    this.#parts = parts;
  }

  /** Whether no further one is opened in this run. */
  get refused(): boolean {
    return this.#refused;
  }

  /** Null: there is no place for one now, or the server takes none. @throws what concerns the whole account. */
  async open(): Promise<SecondSession | null> {
    if (this.#refused) return null;
    try {
      return await this.#parts.open();
    } catch (error) {
      if (!isError(error) || isError(error, ...neverCaught) || throttlesAccount(error)) throw error;
      this.refuse(error);
      return null;
    }
  }

  /** No further one is opened in this run. */
  refuse(reason: unknown): void {
    if (this.#refused) return;
    this.#refused = true;
    this.#parts.note(
      `no second connection any more, the first one does all from now on: ${errorFact(reason)}`,
    );
  }
}

/** A server that has had enough of the account, and not only of its connections. */
function throttlesAccount({ said }: MothballError): boolean {
  const kind = said === null ? null : throttledBy(said, '');
  return kind !== null && kind !== 'connections';
}
