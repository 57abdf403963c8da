import { isConnectionLost, isError, type MothballError } from '../errors.ts';
import type { Command, Underway } from './command.ts';
import type { Deadline } from './deadline.ts';
import type { Flight } from './flight.ts';
import { protocolError, saidBy } from './imap-errors.ts';
import type { Reply } from './reply.ts';

/** A command of a pipeline, and who learns how it ended: with its answer, or with what was wrong about its rows. */
export interface PipelinedCommand extends Command {
  ended(outcome: Reply | MothballError): void;
}

/** How often a command is sent that the server makes wait. */
export const mostAttempts = 4;

/** A command, and how often it was sent with this time. */
interface Turn {
  readonly command: PipelinedCommand;
  readonly attempt: number;
}

/** A command on its way. */
interface Flying extends Turn {
  /** It was sent before the one before it was answered. */
  readonly ahead: boolean;
  readonly watch: Underway;
  readonly outcome: Promise<readonly PromiseSettledResult<Reply | 'again'>[]>;
}

/**
 * Sends what `next` yields until null, with up to `ahead` commands on their way behind the one that is being
 * answered. False: the server mixes up the order, and the rest was not sent. @throws the first error that is
 * not about a command's rows, after all that were sent have ended.
 */
export async function rolling(
  flight: Flight,
  next: () => PipelinedCommand | null,
  { ahead, deadline }: { readonly ahead: number; readonly deadline: Deadline },
): Promise<boolean> {
  const flying: Flying[] = [];
  const again: Turn[] = [];
  const fatal: unknown[] = [];
  const turn = (): Turn | null => {
    const waiting = again.shift();
    if (waiting !== undefined) return waiting;
    const command = next();
    return command === null ? null : { command, attempt: 1 };
  };
  const fill = (): void => {
    const most = flight.mayBeAhead ? ahead : 0;
    while (flying.length <= most && fatal.length === 0 && !flight.client.disordered) {
      const one = turn();
      if (one === null) break;
      const watch = { deadline, failures: [], answers: { count: 0 }, unparsed: [] };
      const sent = flight.send([one.command], watch, one.attempt < mostAttempts);
      flying.push({ ...one, ahead: flying.length > 0, watch, outcome: Promise.allSettled(sent) });
    }
    if (flying.length > 1) flight.client.sendAhead();
  };
  fill();
  for (let first = flying[0]; first !== undefined; first = flying[0]) {
    const [settled] = await first.outcome;
    deadline.restart();
    try {
      if (settled?.status === 'rejected') {
        flight.endedTogether ||= (first.ahead || flying.length > 1) && isConnectionLost(settled.reason);
        throw settled.reason;
      }
      // A server that makes wait, or does not take several, is sent one after the other.
      const { value } = settled ?? {};
      if (value === 'again' || value?.status === 'BAD') flight.mayBeAhead = false;
      if (settled?.value === 'again') again.push({ command: first.command, attempt: first.attempt + 1 });
      else if (settled !== undefined) first.command.ended(endOf(flight, first, settled.value));
    } catch (error) {
      fatal.push(error);
    }
    flying.shift();
    fill();
  }
  if (fatal.length > 0) throw fatal[0];
  return !flight.client.disordered;
}

/** How one command ended. @throws what is not about its rows. */
function endOf(flight: Flight, { command: { command }, watch }: Flying, reply: Reply): Reply | MothballError {
  if (reply.status !== 'OK') flight.throwThrottle(command, saidBy(reply));
  for (const failure of watch.failures) if (!isError(failure, 'protocol')) throw failure;
  const [failure] = watch.failures;
  if (reply.status === 'OK' && isError(failure)) return failure;
  if (reply.status !== 'OK' || watch.unparsed.length === 0) return reply;
  return protocolError(flight.who, `an answer to ${command} can't be parsed`, '');
}
