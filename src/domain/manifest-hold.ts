import type { Bytes } from './brands.ts';
import { plausible } from './dates.ts';
import { evaluate, type MatchContext } from './match.ts';
import type { Hold } from './policy.ts';

/** What a manifest records of a message. */
export interface ArchivedSubject {
  readonly size: Bytes;
  readonly internalDate: string;
  readonly flags: readonly string[];
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Those of which only a part is recorded. */
  readonly cut?: readonly string[];
}

/**
 * The hold that keeps an archive, with the words for it; null: none does. One message is enough,
 * and a hold that can't be decided from the manifest counts as holding. `headerNames` (lower case)
 * are the fields that were looked for when it was archived; any other is undecidable.
 */
export function heldArchive(
  messages: readonly ArchivedSubject[],
  headerNames: readonly string[],
  holds: readonly Hold[],
  context: MatchContext,
): string | null {
  for (const hold of holds) {
    if (hold.match === null) return hold.name;
    for (const message of messages) {
      const subject = {
        size: message.size,
        internalDate: plausible(new Date(message.internalDate), context.now),
        savedDate: null,
        flags: message.flags,
        headers: new Map(known(headerNames, message).map((name) => [name, message.headers[name] ?? []])),
      };
      const { verdict, reason } = evaluate(hold.match, subject, context);
      if (verdict === 'yes') return hold.name;
      if (verdict === 'unknown') return `${hold.name}, which its manifest can't decide (${reason})`;
    }
  }
  return null;
}

/** The header fields that can be decided on. */
function known(headerNames: readonly string[], { cut = [] }: ArchivedSubject): readonly string[] {
  return headerNames.filter((name) => !cut.includes(name));
}

/** The newest of these dates; null when the list is empty, or when one of them can't be read. */
export function newestOf(messages: readonly Pick<ArchivedSubject, 'internalDate'>[]): Date | null {
  const newest = messages.reduce(
    (latest, { internalDate }) => Math.max(latest, Date.parse(internalDate)),
    Number.NEGATIVE_INFINITY,
  );
  return Number.isFinite(newest) ? new Date(newest) : null;
}
