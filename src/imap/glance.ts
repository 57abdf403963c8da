import type { FolderState } from '../domain/folder.ts';
import type { SearchTerm } from '../domain/narrow.ts';
import type { GlanceAt, Glimpse, Glimpses } from '../ports/mail.ts';
import { type Ask, askTogether, fitsTogether } from './ask.ts';
import type { ServerFeatures } from './capabilities.ts';
import type { Search } from './search.ts';
import { openAsk } from './select.ts';
import type { Wire } from './wire.ts';

export interface GlanceParts {
  readonly wire: Wire;
  readonly features: ServerFeatures;
  readonly search: Search;
}

/**
 * EXAMINE and SEARCH of each folder, all sent together; a folder that should be empty is not searched. A server may work on several searches at once and
 * mix their answers, so an EXAMINE is between any two: it has to wait for the search before it (RFC 9051
 * §5.5). A search in a folder that was not opened says nothing. One that finds nothing counts only where
 * SEARCH was seen to find mail, which is tried in the last folder that holds some.
 */
export async function glance(
  { wire, features, search }: GlanceParts,
  folders: readonly GlanceAt[],
  terms: readonly SearchTerm[],
): Promise<Glimpses> {
  const seen = new Map<string, Glimpse>();
  const asks: Ask<unknown>[] = [];
  const open = (path: string, took: (state: FolderState) => void): void => {
    const opening = openAsk(wire.who, features, path, 'EXAMINE');
    asks.push({ ...opening, read: (reply) => took(opening.read(reply)) });
  };
  const look = (
    path: string,
    searching: Ask<Glimpse['uids'] | null>,
    took: (glimpse: Glimpse) => void,
  ): void => {
    let state: FolderState | null = null;
    open(path, (opened) => void (state = opened));
    asks.push({
      ...searching,
      read: (reply) => {
        const uids = searching.read(reply);
        if (state !== null && uids !== null) took({ state, uids });
      },
    });
  };
  for (const { path, empty } of folders) {
    const searching = search.ask(terms);
    if (searching === null) return seen;
    if (empty) open(path, (state) => void (state.messages === 0 && seen.set(path, { state, uids: [] })));
    else look(path, searching, (glimpse) => void seen.set(path, glimpse));
  }
  const honest = search.askHonest();
  const last = folders.findLast(({ empty }) => !empty);
  if (honest !== null && last !== undefined)
    look(last.path, honest, ({ uids, state }) => search.noteHonest(uids, state.messages));
  if (!asks.every(fitsTogether) || (await askTogether(wire, asks)) === null) return new Map();
  for (const [path, { state, uids }] of seen)
    if (uids.length === 0 && state.messages > 0 && !search.believed) seen.delete(path);
  return seen;
}
