import type { App } from '../compose.ts';
import { MothballError } from '../errors.ts';
import { parseQuery } from '../read/search-query.ts';
import { findWanted, type Selector, type Wanted } from '../read/wanted.ts';
import { type CommonOptions, type Context, selectAccounts } from './context.ts';

export interface SelectOptions extends CommonOptions {
  readonly search?: string;
  readonly all?: boolean;
}

/** The selector made of IDs, `--search` and `--all`. @throws `usage` when nothing is named or the query is wrong. */
export function selectorOf(ids: readonly string[], options: SelectOptions): Selector {
  if (options.all === true) return { ids, query: {} };
  if (options.search !== undefined) return { ids, query: parseQuery(options.search) };
  if (ids.length > 0) return { ids, query: null };
  const remedy = 'Give the IDs of archives or messages, or use --search QUERY, or --all';
  throw new MothballError({ fact: 'no messages were named', remedy }, { code: 'usage' });
}

/** What the selector finds among the accounts of `--account`. */
export function selectMessages(app: App, context: Context, selector: Selector): Promise<readonly Wanted[]> {
  const accounts = context.options.account === undefined ? null : selectAccounts(app.config, context);
  return findWanted(app.catalog, selector, accounts);
}
