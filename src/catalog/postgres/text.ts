import { MothballError } from '../../errors.ts';

/**
 * PostgreSQL has no U+0000 in its texts, and what strangers write may. It is stored as two characters
 * that begin with a code point which no text has (a noncharacter, the last of Unicode), and so is that
 * one itself, so that what is read is what was written.
 */
const mark = '\u{10ffff}';

export function storable(text: string): string {
  if (!text.includes('\0') && !text.includes(mark)) return text;
  return text.replaceAll(mark, `${mark}1`).replaceAll('\0', `${mark}0`);
}

export function asWritten(text: string): string {
  if (!text.includes(mark)) return text;
  // A text that was cut within the pair ends in the mark alone.
  return text.replace(/\u{10ffff}([01]?)/gu, (_, kind: string) => (kind === '0' ? '\0' : mark));
}

/** What Kysely passes on, as PostgreSQL takes it. */
export function bindable(value: unknown): unknown {
  if (typeof value === 'string') return storable(value);
  if (Array.isArray(value)) return value.map(bindable);
  // A date that could not be read is NaN, which must not be stored as one.
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new MothballError(
      { fact: `the catalog can't store a number (${value})`, notDone: 'nothing was recorded' },
      { code: 'database' },
    );
  return value;
}
