import { isDeepStrictEqual } from 'node:util';
import {
  accountsOfRows,
  keepsOf,
  type ListedAccount,
  type RowMapping,
  type RowProblem,
  shrinkFault,
} from '../domain/account-list.ts';
import { errorMessage } from '../errors.ts';
import type { AccountLists, ListSource, StoredList } from '../ports/account-source.ts';
import type { Clock } from '../ports/clock.ts';
import { isCatchable } from '../work/isolate.ts';

export interface RefreshInput {
  readonly source: ListSource;
  readonly mapping: RowMapping;
  readonly maxShrink: number;
  /** Takes a list however much it lacks. */
  readonly acceptShrink: boolean;
  readonly lists: AccountLists;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What a source said, and whether its list counts now. */
export interface Refreshed {
  readonly source: string;
  /** Accounts of the list that counts. */
  readonly accounts: number;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly problems: readonly RowProblem[];
  /** Why the list was not taken: the last one still counts, if there is one. */
  readonly refused: string | null;
}

/**
 * Asks a source and takes its list, unless it lacks too many accounts of the last one. A source that can't
 * be read changes nothing. The list is stored only when it says something new, so that nothing is
 * loaded again for nothing.
 */
export async function refreshAccounts(input: RefreshInput): Promise<Refreshed> {
  const { source, mapping, lists, signal, clock } = input;
  const old = await lists.read(source.name);
  let next: StoredList;
  try {
    const list = accountsOfRows(await source.rows(signal), mapping);
    const fault = input.acceptShrink
      ? null
      : shrinkFault(old?.accounts ?? [], list.accounts, input.maxShrink);
    next =
      fault !== null && old !== null
        ? // What a list asks to keep counts, also when it is not taken.
          { ...old, keeps: keepsOf(old, list), refused: fault }
        : { ...list, at: clock.now(), refused: null };
  } catch (error) {
    if (!isCatchable(error)) throw error;
    signal.throwIfAborted();
    const refused = `it can't be read: ${errorMessage(error)}`;
    if (old === null)
      return { source: source.name, accounts: 0, added: [], removed: [], problems: [], refused };
    next = { ...old, refused };
  }
  if (old === null || !isDeepStrictEqual({ ...next, at: null }, { ...old, at: null }))
    await lists.write(source.name, next);
  return {
    source: source.name,
    accounts: next.accounts.length,
    added: missing(old?.accounts ?? [], next.accounts),
    removed: missing(next.accounts, old?.accounts ?? []),
    problems: next.problems,
    refused: next.refused,
  };
}

/** Users of the second list that are not in the first. */
function missing(from: readonly ListedAccount[], all: readonly ListedAccount[]): readonly string[] {
  const there = new Set(from.map(({ server, user }) => JSON.stringify([server, user])));
  return all.filter(({ server, user }) => !there.has(JSON.stringify([server, user]))).map(({ user }) => user);
}
