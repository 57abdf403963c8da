import { longestCompared } from './bounds.ts';
import type { Bytes } from './brands.ts';
import { dateHeaderBounds, plausible } from './dates.ts';
import { subtract } from './duration.ts';
import { headerGlob } from './glob.ts';
import type { Headers } from './message.ts';
import type { AgeFrom, Match, SystemFlag } from './policy.ts';
import { formatBytes } from './size.ts';

export type Verdict = 'yes' | 'no' | 'unknown';

/** What a match looks at. Null is "not known". */
export interface Subject {
  readonly size: Bytes | null;
  readonly internalDate: Date | null;
  readonly savedDate: Date | null;
  /** Null is unknown too. */
  readonly flags: readonly string[] | null;
  /** Fields by lower-case name; a name that is not there was not looked for, an empty list means the message has none. */
  readonly headers: Headers | null;
}

export interface MatchContext {
  /** Start of the run; ages are measured from here. */
  readonly now: Date;
  /** IANA name; where calendar units end. */
  readonly timezone: string;
}

/** A verdict and the words for it. */
export interface Outcome {
  readonly verdict: Verdict;
  readonly reason: string;
}

/** Evaluates a condition in three values; what can't be known is `unknown`, also under `not`. */
export function evaluate(match: Match, subject: Subject, context: MatchContext): Outcome {
  switch (match.kind) {
    case 'all':
      return join(match, (part) => evaluate(part, subject, context));
    case 'any':
      return join(match, (part) => evaluate(part, subject, context));
    case 'not': {
      const inner = evaluate(match.of, subject, context);
      return { verdict: negate(inner.verdict), reason: `not (${inner.reason})` };
    }
    case 'olderThan':
      return olderThan(match, subject, context);
    case 'largerThan':
      return subject.size === null
        ? { verdict: 'unknown', reason: 'size unknown' }
        : decided(subject.size > match.bytes, `larger than ${formatBytes(match.bytes)}`);
    case 'flag':
      return flagged(subject, (flags) => hasFlag(flags, `\\${match.flag}`), `flag ${match.flag}`);
    case 'keyword':
      return flagged(subject, (flags) => hasFlag(flags, match.keyword), `keyword ${match.keyword}`);
    case 'unseen':
      return flagged(subject, (flags) => !hasFlag(flags, '\\seen'), 'unseen');
    case 'header':
      return header(match.name, match.globs, subject);
  }
}

function flagged({ flags }: Subject, test: (flags: readonly string[]) => boolean, words: string): Outcome {
  return flags === null ? { verdict: 'unknown', reason: 'flags unknown' } : decided(test(flags), words);
}

/** Kleene's AND (`all`) and OR (`any`): the stop value decides, else unknown does, else `rest`. */
function join(
  { kind, of }: Extract<Match, { kind: 'all' | 'any' }>,
  decide: (part: Match) => Outcome,
): Outcome {
  const [stop, rest] = kind === 'all' ? (['no', 'yes'] as const) : (['yes', 'no'] as const);
  const outcomes = of.map(decide);
  const deciding =
    outcomes.find((outcome) => outcome.verdict === stop) ??
    outcomes.find((outcome) => outcome.verdict === 'unknown');
  if (deciding !== undefined) return deciding;
  const glue = rest === 'yes' ? ', ' : ' or ';
  return { verdict: rest, reason: outcomes.map((outcome) => outcome.reason).join(glue) };
}

function olderThan(
  match: Extract<Match, { kind: 'olderThan' }>,
  subject: Subject,
  context: MatchContext,
): Outcome {
  const age = `older than ${match.age.count}${match.age.unit}`;
  const date = plausible(ageDate(match.from, subject), context.now);
  if (date === null) return { verdict: 'unknown', reason: `${match.from} date missing or implausible` };
  const cutoff = subtract(context.now, match.age, context.timezone);
  const earliest = match.from === 'sent' ? sentBounds(subject)?.from : date;
  if (earliest !== undefined && earliest < cutoff && date >= cutoff)
    return { verdict: 'unknown', reason: `the zone of the sent date is not known` };
  return decided(
    date.getTime() < cutoff.getTime(),
    `${age} (${match.from} ${date.toISOString().slice(0, 10)})`,
  );
}

/** The date that an age is measured from, the latest where it isn't certain; null: not known. */
export function ageDate(from: AgeFrom, subject: Subject): Date | null {
  switch (from) {
    case 'received':
      return subject.internalDate;
    case 'saved':
      return subject.savedDate;
    case 'sent':
      return sentBounds(subject)?.to ?? null;
  }
}

function sentBounds(subject: Subject): ReturnType<typeof dateHeaderBounds> {
  const [value, second] = subject.headers?.get('date') ?? [];
  return value === undefined || second !== undefined ? null : dateHeaderBounds(value);
}

function header(name: string, globs: readonly string[], subject: Subject): Outcome {
  const values = subject.headers?.get(name);
  if (values === undefined) return { verdict: 'unknown', reason: `header ${name} unknown` };
  // A sender chooses the length; nothing is decided on what would hold up everything else.
  if (values.some((value) => value.length > longestCompared))
    return { verdict: 'unknown', reason: `header ${name} is too long` };
  const hit = globs.find((glob) => values.some(headerGlob(name, glob)));
  return decided(hit !== undefined, hit === undefined ? `header ${name}` : `${name}: ${hit}`);
}

/** Stands for a header field that is too long to be compared. */
const tooLong = ['x'.repeat(longestCompared + 1)];

/** The fields without what nothing is decided on: of thousands of messages, all of them are in memory at once. */
export function comparable(headers: Headers): Headers {
  return new Map(
    [...headers].map(([name, values]) => {
      const length = values.reduce((sum, value) => sum + value.length, 0);
      return [name, length > longestCompared ? tooLong : values];
    }),
  );
}

function decided(yes: boolean, reason: string): Outcome {
  return { verdict: yes ? 'yes' : 'no', reason };
}

function negate(verdict: Verdict): Verdict {
  if (verdict === 'unknown') return 'unknown';
  return verdict === 'yes' ? 'no' : 'yes';
}

/** Flags and keywords compare in any case (RFC 9051 §2.3.2). */
export function hasFlag(flags: readonly string[], name: string): boolean {
  const wanted = name.toLowerCase();
  return flags.some((flag) => flag.toLowerCase() === wanted);
}

/** Header fields (lower case) that the match needs to see. */
export function headersNeeded(match: Match): readonly string[] {
  switch (match.kind) {
    case 'all':
    case 'any':
      return [...new Set(match.of.flatMap(headersNeeded))].toSorted();
    case 'not':
      return headersNeeded(match.of);
    case 'header':
      return [match.name];
    case 'olderThan':
      return match.from === 'sent' ? ['date'] : [];
    case 'largerThan':
    case 'flag':
    case 'keyword':
    case 'unseen':
      return [];
  }
}

/** True when the match looks at SAVEDATE. */
export function needsSaveDate(match: Match): boolean {
  switch (match.kind) {
    case 'all':
    case 'any':
      return match.of.some(needsSaveDate);
    case 'not':
      return needsSaveDate(match.of);
    case 'olderThan':
      return match.from === 'saved';
    case 'largerThan':
    case 'flag':
    case 'keyword':
    case 'unseen':
    case 'header':
      return false;
  }
}

/** True when the match asks for the flag, not under `not`: only then may such mail leave. */
export function namesFlag(match: Match, flag: SystemFlag): boolean {
  switch (match.kind) {
    case 'all':
    case 'any':
      return match.of.some((part) => namesFlag(part, flag));
    case 'flag':
      return match.flag === flag;
    case 'not':
    case 'olderThan':
    case 'largerThan':
    case 'keyword':
    case 'unseen':
    case 'header':
      return false;
  }
}

/** The same flags in any order; \Recent belongs to the session and not to the message. */
export function sameFlags(a: readonly string[], b: readonly string[]): boolean {
  // The same spelling is the usual case, and quick to see.
  if (a.every((flag) => b.includes(flag)) && b.every((flag) => a.includes(flag))) return true;
  const key = (flags: readonly string[]): string =>
    [...new Set(flags.map((flag) => flag.toLowerCase()))]
      .filter((flag) => flag !== '\\recent')
      .toSorted()
      .join(' ');
  return key(a) === key(b);
}
