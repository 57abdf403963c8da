import type { ManifestMessage } from '../format/manifest-types.ts';
import type { MessageQuery } from '../ports/records.ts';

/** Letters that carry a stroke or are joined: Unicode does not decompose them, people type them plain. */
const plain: Readonly<Record<string, string>> = {
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ŧ: 't',
  ŋ: 'n',
  ı: 'i',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
};

/** Text without case and accents, as it is indexed and as a query is asked. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[łøđðħŧŋıßæœþ]/g, (letter) => plain[letter] ?? letter);
}

/** What the index holds of a message, in the order of its columns: sender, recipients, subject. */
export function indexedText({ from, to, subject }: ManifestMessage): readonly [string, string, string] {
  return [fold(from ?? ''), fold(to ?? ''), fold(subject ?? '')];
}

/** What the text index is asked. */
export type TextMatch =
  | { readonly kind: 'words'; readonly expression: string }
  /** Conditions that nothing can meet. */
  | { readonly kind: 'nothing' };

/**
 * The FTS5 expression of a query's words: each a phrase that matches by prefix, all joined by AND.
 * Only letters and digits of what the user typed get in, so that nothing of it is FTS syntax.
 * Null when the query has no words; `nothing` when it has words without a letter or digit only.
 */
export function matchExpression(query: MessageQuery): TextMatch | null {
  const either = (query.either ?? []).map((parts) => parts.flatMap((part) => groupsOf(part).flat()));
  const groups = [
    ...groupsOf(query),
    ...either.map((terms) => (terms.length === 0 ? [] : [`(${terms.join(' OR ')})`])),
  ];
  if (groups.length === 0) return null;
  // A stray dash between words asks for nothing; a condition of nothing else matches nothing.
  if (groups.some((terms) => terms.length === 0)) return { kind: 'nothing' };
  return { kind: 'words', expression: groups.flat().join(' AND ') };
}

/** The FTS5 expression of what must not be there, any of it; null: nothing is excluded. */
export function excludedExpression({ without }: MessageQuery): string | null {
  const terms = groupsOf(without ?? {}).flat();
  return terms.length === 0 ? null : terms.join(' OR ');
}

/** For each column that is asked about, its terms. */
function groupsOf({ words, from, to, subject }: MessageQuery): readonly (readonly string[])[] {
  return [
    { column: '', asked: words ?? [] },
    { column: 'sender : ', asked: from ?? [] },
    { column: 'recipients : ', asked: to ?? [] },
    { column: 'subject : ', asked: subject ?? [] },
  ]
    .filter(({ asked }) => asked.length > 0)
    .map(({ column, asked }) =>
      asked
        .map(phrase)
        .filter((text) => text !== null)
        .map((text) => `${column}"${text}"*`),
    );
}

function phrase(word: string): string | null {
  const tokens = fold(word).match(/[\p{L}\p{N}]+/gu);
  return tokens === null ? null : tokens.join(' ');
}
