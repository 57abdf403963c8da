import type { Bytes } from './brands.ts';
import { plausible } from './dates.ts';
import { add } from './duration.ts';
import { ageDate, evaluate, type MatchContext, type Subject } from './match.ts';
import type { Match, Policy } from './policy.ts';
import type { Reason } from './reason.ts';
import { formatBytes } from './size.ts';

/** A message that is ready to be archived, and since when. */
export interface Ready {
  readonly size: Bytes;
  readonly since: Date;
}

/**
 * Why the selection of a folder waits; null: it is large enough, has waited long enough, or its
 * policy does not gather. A policy with `when` acts on a mailbox that is nearly
 * full, and never waits.
 */
export function batchWindow(policy: Policy, ready: readonly Ready[], now: Date): Reason | null {
  const { gather } = policy.archive;
  if (gather === undefined || policy.when !== null || ready.length === 0) return null;
  const size = ready.reduce((sum, message) => sum + message.size, 0);
  if (size >= gather.minBytes) return null;
  const oldest = ready.reduce((first, { since }) => Math.min(first, since.getTime()), now.getTime());
  const until = add(new Date(oldest), gather.maxWait, policy.timezone);
  if (until.getTime() <= now.getTime()) return null;
  const day = until.toISOString().slice(0, 10);
  return { code: 'batch-small', detail: `gathering until ${formatBytes(gather.minBytes)} or ${day}` };
}

/**
 * Since when a message that matches now can have matched: nothing records it, so it follows from
 * the message's dates. An age condition holds from its date plus the age; whatever else may have
 * changed counts from the day the message came, so that it waits rather too short than too long.
 */
export function matchedSince(match: Match, subject: Subject, context: MatchContext): Date {
  return new Date(Math.min(sinceMs(match, subject, context), context.now.getTime()));
}

/** Milliseconds UTC. */
function sinceMs(match: Match, subject: Subject, context: MatchContext): number {
  switch (match.kind) {
    case 'all':
      return Math.max(...match.of.map((part) => sinceMs(part, subject, context)));
    case 'any':
      return Math.min(
        ...match.of
          .filter((part) => evaluate(part, subject, context).verdict === 'yes')
          .map((part) => sinceMs(part, subject, context)),
      );
    case 'olderThan': {
      const date = plausible(ageDate(match.from, subject), context.now);
      return date === null ? received(subject, context) : add(date, match.age, context.timezone).getTime();
    }
    case 'not':
    case 'largerThan':
    case 'flag':
    case 'keyword':
    case 'unseen':
    case 'header':
      return received(subject, context);
  }
}

function received(subject: Subject, { now }: MatchContext): number {
  return (subject.internalDate ?? now).getTime();
}
