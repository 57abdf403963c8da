import type { Catalog } from '../ports/catalog.ts';
import type { FoundCount } from '../ports/lines.ts';
import type { MessageQuery } from '../ports/records.ts';

/** What one answer to a query showed. */
interface Shown {
  readonly messages: number;
  /** There are more after these. */
  readonly more: boolean;
}

/** How many messages a query finds in all, of which some were shown. Where these are all, nothing is counted. */
export async function foundTotal(
  catalog: Pick<Catalog, 'countFound'>,
  query: MessageQuery,
  shown: Shown,
): Promise<FoundCount> {
  const { offset: passed = 0, after } = query;
  const seen = after === undefined ? passed + shown.messages : shown.messages;
  const isAll = after === undefined && !shown.more && (passed === 0 || shown.messages > 0);
  if (isAll) return { messages: seen, more: false };
  const counted = await catalog.countFound(query);
  // A count that stopped early may be below what was seen.
  return counted.messages < seen ? { messages: seen, more: shown.more } : counted;
}
