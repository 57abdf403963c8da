import { accountKey, type AccountRef } from '../domain/account.ts';
import { errorMessage, isError, MothballError } from '../errors.ts';
import type { Mail } from '../ports/mail.ts';

/** Accounts that can't connect, one after the other, until the server counts as unreachable. */
const proof = 2;

interface State {
  /** Accounts that could not connect since one last could. */
  readonly failed: Set<string>;
  /** As the first of them was told. */
  reason: string;
}

/**
 * The server level of isolation for one command (SAFETY I8): after an account that could not connect,
 * the next one is tried once, without further attempts; if it fails too, the accounts that are left are
 * refused at once, with the one reason. An account that a server answers, even with a refusal, shows
 * that the server can be reached.
 */
export function skippingUnreachable(mail: Mail): Mail {
  const states = new Map<string, State>();
  return {
    ...mail,
    async open(ref, attempts, permit) {
      const state = states.get(ref.server);
      if (state !== undefined && state.failed.size >= proof) throw skipped(ref, state);
      try {
        const session = await mail.open(ref, state === undefined ? attempts : 1, permit);
        states.delete(ref.server);
        return session;
      } catch (error) {
        if (isUnreachable(error)) note(states, ref, error);
        else if (isAnswer(error)) states.delete(ref.server);
        throw error;
      }
    },
  };
}

function note(states: Map<string, State>, ref: AccountRef, error: MothballError): void {
  const state = states.get(ref.server) ?? { failed: new Set(), reason: errorMessage(error) };
  state.failed.add(accountKey(ref));
  states.set(ref.server, state);
}

/** No connection, or no answer on it. A login that was refused for now was answered. */
function isUnreachable(error: unknown): error is MothballError {
  return isError(error, 'connect', 'timeout') && error.said === null;
}

/** A secret that can't be read was never sent, and shows nothing of the server. */
function isAnswer(error: unknown): boolean {
  return isError(error, 'auth', 'protocol', 'unsupported') || (isError(error) && error.said !== null);
}

function skipped({ server, account }: AccountRef, { reason }: State): MothballError {
  return new MothballError(
    {
      fact: `${server}/${account} is skipped: server "${server}" can't be reached (${reason})`,
      notDone: 'nothing was done there',
    },
    { code: 'connect' },
  );
}
