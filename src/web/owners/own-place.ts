import { z } from 'zod';
import type { MessageRow } from '../../ports/records.ts';

/**
 * Where a page of the list begins: after the messages that are newer than this date, and after some of this
 * date. It counts only the owner's own messages. Numbers of the catalog would show how much mail others have.
 */
export interface OwnPlace {
  readonly date: Date;
  /** Messages of exactly this date that earlier pages showed. */
  readonly passed: number;
}

/** As an address has it. */
export const ownPlace = z
  .string()
  .regex(/^-?\d{1,15}\.\d{1,6}$/)
  .transform((text): OwnPlace => {
    const [date = Number.NaN, passed = 0] = text.split('.').map(Number);
    return { date: new Date(date), passed };
  });

/** Where the page after these messages begins; `begin` is where they begin themselves. */
export function placeAfter(messages: readonly MessageRow[], begin: OwnPlace | undefined): string | null {
  const dates = messages.map((one) => (one.date ?? one.internalDate).getTime());
  const last = dates.at(-1);
  if (last === undefined) return null;
  const same = dates.filter((date) => date === last).length;
  const before = same === dates.length && begin?.date.getTime() === last ? begin.passed : 0;
  return `${last}.${before + same}`;
}
