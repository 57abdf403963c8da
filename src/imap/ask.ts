import { isError, type MothballError } from '../errors.ts';
import type { Command } from './command.ts';
import type { Reply } from './reply.ts';
import type { Argument } from './wire-token.ts';
import type { Wire } from './wire.ts';

/** Commands that are on their way at once: a server may not read further before it has written its answers. */
const mostTogether = 500;

/** One command, and what its answer means. Used once. */
export interface Ask<T> extends Command {
  /** @throws `protocol` and the like when it answered otherwise than it should. */
  readonly read: (reply: Reply) => T;
}

/** Asks one thing. */
export async function ask<T>(wire: Wire, { command, args = [], untagged, read }: Ask<T>): Promise<T> {
  return read(await wire.run(command, args, untagged === undefined ? {} : { untagged }));
}

/**
 * Asks several things in one round trip, or one for each 500. Each answer by itself: what one is refused
 * costs the others nothing. Null: they have to be asked one by one, as a server that mixes up the order of
 * its answers has to be, or one with a line among its answers that can't be read.
 * @throws `connect`, `timeout`, `guard`.
 */
export async function askTogether<T>(
  wire: Wire,
  asks: readonly Ask<T>[],
): Promise<readonly (T | MothballError)[] | null> {
  const answers: (T | MothballError)[] = [];
  for (let start = 0; start < asks.length; start += mostTogether) {
    const part = asks.slice(start, start + mostTogether);
    let unreadable = false;
    const replies = await wire.batch(part, { unparsed: () => void (unreadable = true) });
    if (replies === null || unreadable) return null;
    for (const [index, one] of part.entries()) {
      const reply = replies[index];
      if (reply === undefined) return null;
      answers.push(readSafely(one, reply));
    }
  }
  return answers;
}

function readSafely<T>({ read }: Ask<T>, reply: Reply): T | MothballError {
  try {
    return read(reply);
  } catch (error) {
    if (isError(error)) return error;
    throw error;
  }
}

/** Whether it can be sent with others: a literal may have to wait for the server. */
export function fitsTogether({ args = [] }: Command): boolean {
  return !args.some(isLiteral);
}

function isLiteral(argument: Argument): boolean {
  return typeof argument === 'object' && 'type' in argument && argument.type === 'LITERAL';
}
