import type { App } from '../compose.ts';
import { MothballError } from '../errors.ts';
import { parseQuery } from '../search-query.ts';
import { findWanted, type Wanted } from '../wanted.ts';
import { selectAccounts, type CommonOptions, type Context } from './context.ts';

export interface SelectOptions extends CommonOptions {
  readonly search?: string;
  readonly all?: boolean;
}

/** What IDs, `--search` and `--all` name, among the accounts of `--account`. @throws `config` when nothing is named. */
export async function selectMessages(
  app: App,
  context: Context,
  ids: readonly string[],
  options: SelectOptions,
): Promise<readonly Wanted[]> {
  if (ids.length === 0 && options.search === undefined && options.all !== true) {
    throw new MothballError('name archives or messages by their IDs, or use --search QUERY, or --all', {
      code: 'config',
    });
  }
  const query = options.all === true ? {} : options.search === undefined ? null : parseQuery(options.search);
  const accounts = options.account === undefined ? null : selectAccounts(app.config, context);
  return findWanted(app.catalog, { ids, query }, accounts);
}
