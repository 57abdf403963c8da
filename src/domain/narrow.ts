import type { Bytes } from './brands.ts';
import { dayMs } from './dates.ts';
import { subtract } from './duration.ts';
import type { MatchContext } from './match.ts';
import type { Match, SystemFlag } from './policy.ts';

/**
 * One SEARCH key (RFC 9051 §6.4.4). Dates are whole days in UTC; the server compares them without
 * time or zone, so they are widened before they are sent.
 */
export type SearchTerm =
  | { readonly kind: 'before'; readonly day: Date }
  | { readonly kind: 'sentBefore'; readonly day: Date }
  | { readonly kind: 'savedBefore'; readonly day: Date }
  | { readonly kind: 'larger'; readonly bytes: Bytes }
  | { readonly kind: 'flag'; readonly flag: SystemFlag; readonly set: boolean }
  | { readonly kind: 'keyword'; readonly keyword: string; readonly set: boolean }
  /** X-GM-MSGID of Gmail: the one message of this number. */
  | { readonly kind: 'gmailId'; readonly id: string };

/** A day on each side covers every time zone and the server's own idea of a date; two are sure. */
const wideningDays = 2;

/**
 * SEARCH keys that every selected message satisfies, for the server to narrow by. They may let
 * more through than the match does, never less; what has no exact key is left out.
 */
export function narrow(match: Match, context: MatchContext): readonly SearchTerm[] {
  switch (match.kind) {
    case 'all':
      return match.of.flatMap((part) => narrow(part, context));
    case 'olderThan':
      return [ageTerm(match, context)];
    case 'largerThan':
      return [{ kind: 'larger', bytes: match.bytes }];
    case 'flag':
      return [{ kind: 'flag', flag: match.flag, set: true }];
    case 'keyword':
      return [{ kind: 'keyword', keyword: match.keyword, set: true }];
    case 'unseen':
      return [{ kind: 'flag', flag: 'seen', set: false }];
    case 'not':
      return narrowNot(match.of);
    case 'any':
    case 'header':
      return [];
  }
}

function narrowNot(inner: Match): readonly SearchTerm[] {
  switch (inner.kind) {
    case 'flag':
      return [{ kind: 'flag', flag: inner.flag, set: false }];
    case 'keyword':
      return [{ kind: 'keyword', keyword: inner.keyword, set: false }];
    case 'unseen':
      return [{ kind: 'flag', flag: 'seen', set: true }];
    case 'all':
    case 'any':
    case 'not':
    case 'olderThan':
    case 'largerThan':
    case 'header':
      return [];
  }
}

function ageTerm(match: Extract<Match, { kind: 'olderThan' }>, context: MatchContext): SearchTerm {
  const cutoff = subtract(context.now, match.age, context.timezone);
  const day = new Date(Math.floor(cutoff.getTime() / dayMs + wideningDays) * dayMs);
  const kinds = { received: 'before', sent: 'sentBefore', saved: 'savedBefore' } as const;
  return { kind: kinds[match.from], day };
}
