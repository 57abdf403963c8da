import { fold, tokensOf } from '../domain/fold.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { MessageQuery } from '../ports/records.ts';

/** What the index holds of a message, in the order of its columns: sender, recipients, subject. */
export function indexedText({ from, to, subject }: ManifestMessage): readonly [string, string, string] {
  return [fold(from ?? ''), fold(to ?? ''), fold(subject ?? '')];
}

/** Columns of the index of headers, and of that of what is written in mail. */
export const headerColumns = ['sender', 'recipients', 'subject'] as const;
export const bodyColumns = ['body', 'attachments'] as const;
type HeaderColumn = (typeof headerColumns)[number];
type BodyColumn = (typeof bodyColumns)[number];

/** Words that stand one after another in a column, the last by its beginning if it is long enough; null: in any column. */
export interface TextTerm {
  readonly column: HeaderColumn | BodyColumn | null;
  /** Letters and digits only, folded. */
  readonly tokens: readonly string[];
}

/**
 * Bytes of a word from which on it may be the beginning of another: one letter is the beginning of a word of
 * nearly every message, and SQLite answers in the thread that does everything else. A letter of Chinese has three.
 */
const shortestBeginning = 3;

/** Whether the last word of the term may be the beginning of one. */
export function isBeginning({ tokens }: TextTerm): boolean {
  return Buffer.byteLength(tokens.at(-1) ?? '') >= shortestBeginning;
}

/** What the text index is asked. */
export type TextMatch =
  /** Of each of these lists, any. */
  | { readonly kind: 'words'; readonly terms: readonly (readonly TextTerm[])[] }
  /** Conditions that nothing can meet. */
  | { readonly kind: 'nothing' };

/**
 * What a query's words ask of the text index: each is a phrase whose last word may match by prefix.
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
function groupsOf({
  words,
  from,
  to,
  subject,
  body,
  attachment,
}: MessageQuery): readonly (readonly TextTerm[])[] {
  const groups = [
    { column: null, asked: words ?? [] },
    { column: 'sender', asked: from ?? [] },
    { column: 'recipients', asked: to ?? [] },
    { column: 'subject', asked: subject ?? [] },
    { column: 'body', asked: body ?? [] },
    { column: 'attachments', asked: attachment ?? [] },
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

/** Those terms that the index of headers can have. */
export function headerTerms(terms: readonly TextTerm[]): readonly TextTerm[] {
  return terms.filter(({ column }) => column === null || headerColumns.some((one) => one === column));
}

/** Those terms that the index of what is written in mail can have. */
export function bodyTerms(terms: readonly TextTerm[]): readonly TextTerm[] {
  return terms.filter(({ column }) => column === null || bodyColumns.some((one) => one === column));
}
