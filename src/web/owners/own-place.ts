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
  .regex(/^-?\d{1,16}\.\d{1,6}$/)
  .transform((text): OwnPlace => {
    const [date = Number.NaN, passed = 0] = text.split('.').map(Number);
    return { date: new Date(date), passed };
  })
  .refine(({ date }) => !Number.isNaN(date.getTime()));

/** Where a page begins: at a place, or after the number of messages that the earlier pages showed. */
type Begin = OwnPlace | { readonly passed: number };

/** Where the page after these messages begins; null: only the number of the page can say. */
export function placeAfter(messages: readonly MessageRow[], begin: Begin): string | null {
  const dates = messages.map((one) => (one.date ?? one.internalDate).getTime());
  const last = dates.at(-1);
  if (last === undefined) return null;
  const same = dates.filter((date) => date === last).length;
  const alike = same === dates.length;
  // Earlier pages may have shown messages of this date: how many is not known.
  if (alike && !('date' in begin) && begin.passed > 0) return null;
  const before = alike && 'date' in begin && begin.date.getTime() === last ? begin.passed : 0;
  const place = `${last}.${before + same}`;
  return ownPlace.safeParse(place).success ? place : null;
}
