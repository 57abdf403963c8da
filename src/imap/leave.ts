import type { Permit } from '../ports/locks.ts';
import { changesMail } from './guard.ts';

/** Leave to send a command that changes mail: only the holder of the account's lock has it. */
export class Leave {
  /** It is being asked for: nothing may go out before its turn. */
  asking = false;
  readonly #permit: Permit | null;

  /** Null: nobody else can hold the lock. */
  constructor(permit: Permit | null) {
    this.#permit = permit;
  }

  /** Null: the command needs none. */
  neededFor(command: string): Permit | null {
    return changesMail(command.toUpperCase()) ? this.#permit : null;
  }

  /** May ask the database. @throws `database`. */
  async ask(permit: Permit): Promise<void> {
    this.asking = true;
    try {
      await permit.prove();
    } finally {
      this.asking = false;
    }
  }
}
