import { MothballError } from '../errors.ts';
import type { GuardedClient } from './guarded-client.ts';
import type { Argument, WireToken } from './wire-token.ts';

/** A response as the parser hands it over. */
export interface Parsed {
  readonly command: string;
  readonly attributes?: readonly WireToken[] | undefined;
  /** The numbers of a SEARCH response, which come here instead. */
  readonly numbers?: readonly number[] | undefined;
}

/** The tagged answer, and what lets the next one be read. */
export interface Settled {
  readonly response: Parsed;
  readonly next: () => void;
}

/** Sends one raw command. */
export type Exec = (
  this: GuardedClient,
  command: string,
  attributes: readonly Argument[],
  options: { untagged: Record<string, (response: Parsed) => Promise<void>> },
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
