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

/** Words that stand one after another in a column, the last by its beginning; null: in any column. */
export interface TextTerm {
  readonly column: 'sender' | 'recipients' | 'subject' | null;
  /** Letters and digits only, folded. */
  readonly tokens: readonly string[];
}

/** What the text index is asked. */
export type TextMatch =
  /** Of each of these lists, any. */
  | { readonly kind: 'words'; readonly terms: readonly (readonly TextTerm[])[] }
  /** Conditions that nothing can meet. */
  | { readonly kind: 'nothing' };

/**
 * What a query's words ask of the text index: each is a phrase that matches by prefix.
 * Only letters and digits of what the user typed get in, so that nothing of it is syntax.
 * Null when the query has no words; `nothing` when it has words without a letter or digit only.
 */
export function matchTerms(query: MessageQuery): TextMatch | null {
  const either = (query.either ?? []).map((parts) => parts.flatMap((part) => groupsOf(part).flat()));
  const groups = [
    ...groupsOf(query).map((terms) => terms.map((term) => [term])),
    // What may be there in one way or another is one condition.
    ...either.map((terms) => (terms.length === 0 ? [] : [terms])),
  ];
  if (groups.length === 0) return null;
  // A stray dash between words asks for nothing; a condition of nothing else matches nothing.
  if (groups.some((terms) => terms.length === 0)) return { kind: 'nothing' };
  return { kind: 'words', terms: groups.flat() };
}

/** What must not be there, any of it. */
export function excludedTerms({ without }: MessageQuery): readonly TextTerm[] {
  return groupsOf(without ?? {}).flat();
}

/** For each column that is asked about, its terms. */
function groupsOf({ words, from, to, subject }: MessageQuery): readonly (readonly TextTerm[])[] {
  const groups = [
    { column: null, asked: words ?? [] },
    { column: 'sender', asked: from ?? [] },
    { column: 'recipients', asked: to ?? [] },
    { column: 'subject', asked: subject ?? [] },
  ] as const;
  return groups
    .filter(({ asked }) => asked.length > 0)
    .map(({ column, asked }) =>
      asked
        .map(tokensOf)
        .filter((tokens) => tokens.length > 0)
        .map((tokens) => ({ column, tokens })),
    );
}

/** The words of a text, folded. */
export function tokensOf(text: string): readonly string[] {
  return fold(text).match(/[\p{L}\p{N}]+/gu) ?? [];
}
