import type { App } from '../compose.ts';
import { sameAccount } from '../domain/account.ts';
import { MothballError } from '../errors.ts';
import { asOf, momentOf, ofRun } from '../read/moments.ts';
import { parseQuery } from '../read/search-query.ts';
import { findWanted, type Selector, type Wanted } from '../read/wanted.ts';
import { type CommonOptions, type Context, selectAccounts } from './context.ts';

export interface SelectOptions extends CommonOptions {
  readonly search?: string;
  readonly all?: boolean;
  /** As of this moment; see `asOf`. */
  readonly at?: string;
  /** The ID of a run. */
  readonly run?: string;
}

/** What a command names: messages, and the moment that counts. */
export interface Selection extends Selector {
  readonly at: Date | null;
  readonly run: string | null;
}

/** The selection made of IDs and options. @throws `usage` when nothing is named or a value is wrong. */
export function selectorOf(ids: readonly string[], options: SelectOptions): Selection {
  const at = options.at === undefined ? null : momentOf(options.at);
  const run = options.run ?? null;
  const rest = { at, run };
  if (run !== null) {
    if (options.all === true || options.search !== undefined || ids.length > 0)
      throw usage('--run names all that is wanted', 'Leave out the IDs, --search and --all');
    return { ids: [], query: null, ...rest };
  }
  if (options.all === true) return { ids, query: {}, ...rest };
  if (options.search !== undefined) return { ids, query: parseQuery(options.search), ...rest };
  if (ids.length > 0) return { ids, query: null, ...rest };
  throw usage(
    'no messages were named',
    'Give the IDs of archives or messages, or use --search QUERY, or --all',
  );
}

function usage(fact: string, remedy: string): MothballError {
  return new MothballError({ fact, remedy }, { code: 'usage' });
}

/** What the selection finds among the accounts of `--account`. */
export async function selectMessages(
  app: App,
  context: Context,
  { at, run, ...selector }: Selection,
): Promise<readonly Wanted[]> {
  const { catalog } = app;
  const accounts = context.options.account === undefined ? null : selectAccounts(app.config, context);
  const found = run === null ? await findWanted(catalog, selector, accounts) : await ofRun(catalog, run);
  const own = found.filter(({ record }) => accounts?.some((one) => sameAccount(one, record)) ?? true);
  return at === null ? own : asOf(catalog, own, at);
}
