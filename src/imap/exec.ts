import { MothballError } from '../errors.ts';
import type { GuardedClient } from './guarded-client.ts';
import type { Parsed } from './reply.ts';
import type { Argument } from './wire-token.ts';

/** The tagged answer, and what lets the next one be read. */
export interface Settled {
  readonly response: Parsed;
  readonly next: () => void;
}

/** What takes untagged answers, by name. */
export type GuardedHandlers = Record<string, (response: Parsed) => Promise<void> | undefined>;

/** Sends one raw command. */
export type Exec = (
  this: GuardedClient,
  command: string,
  attributes: readonly Argument[],
  options: { untagged: GuardedHandlers },
) => Promise<Settled>;

function isExec(value: unknown): value is Exec {
  return typeof value === 'function' && value.length === 3;
}

/** imapflow's way to send a raw command, hidden from its types. The one place that reaches for it. */
export function execOf(client: GuardedClient): Exec {
  const exec: unknown = Reflect.get(client, 'exec');
  if (!isExec(exec))
    throw new MothballError(
      { fact: 'imapflow has no exec(); this version is not supported' },
      { code: 'guard' },
    );
  return exec;
}
