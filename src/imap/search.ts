import { asUid, type Uid } from '../domain/brands.ts';
import type { SearchTerm } from '../domain/narrow.ts';
import type { ServerFeatures } from './capabilities.ts';
import { formatDay } from './date-time.ts';
import { protocolError } from './imap-errors.ts';
import { type Argument, asCount, atom, octets } from './wire-token.ts';
import type { Wire } from './wire.ts';

/** UID SEARCH (RFC 9051 §6.4.4); ascending, each UID once. Anything else is left out: a hint, never a verdict. */
export async function searchUids(
  wire: Wire,
  features: ServerFeatures,
  terms: readonly SearchTerm[],
): Promise<readonly Uid[]> {
  const keys = terms.flatMap((term) => searchKey(term, features));
  const found = new Set<Uid>();
  let answered = false;
  await wire.must('SEARCH', 'UID SEARCH', keys.length === 0 ? [atom('ALL')] : keys, {
    untagged: {
      SEARCH: ({ attributes, numbers }) => {
        answered = true;
        for (const number of numbers ?? (attributes ?? []).map(asCount)) {
          const uid = asUid(number ?? 0);
          if (uid !== null) found.add(uid);
        }
      },
    },
  });
  if (!answered) throw protocolError(wire.who, 'SEARCH was not answered', '');
  return [...found].sort((a, b) => a - b);
}

function searchKey(term: SearchTerm, features: ServerFeatures): readonly Argument[] {
  switch (term.kind) {
    case 'before':
      return [atom('BEFORE'), atom(formatDay(term.day))];
    case 'sentBefore':
      return [atom('SENTBEFORE'), atom(formatDay(term.day))];
    case 'savedBefore':
      // Without SAVEDATE (RFC 8514) the key is unknown to the server; the local verdict stays.
      return features.saveDate ? [atom('SAVEDBEFORE'), atom(formatDay(term.day))] : [];
    case 'larger':
      return [atom('LARGER'), atom(String(Math.min(term.bytes, 0xffff_ffff)))];
    case 'flag':
      return [atom(`${term.set ? '' : 'UN'}${term.flag.toUpperCase()}`)];
    case 'keyword':
      return [atom(term.set ? 'KEYWORD' : 'UNKEYWORD'), keywordAtom(term.keyword)];
  }
}

/** A keyword is an atom (RFC 9051 §9); anything else is sent so that the server refuses it, not us. */
function keywordAtom(keyword: string): Argument {
  return /^[A-Za-z0-9$_.:+-]+$/.test(keyword) ? atom(keyword) : octets(Buffer.from(keyword, 'utf8'));
}
