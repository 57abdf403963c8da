import { MothballError } from '../errors.ts';

/** The value of an option that takes a number from 1 to `most`. @throws `usage`. */
export function countOption(option: string, text: string | undefined, most: number): number {
  const value = Number(text);
  if (text !== undefined && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new MothballError(
    { fact: `${option} takes a whole number from 1 to ${most}, not "${text ?? ''}"` },
    { code: 'usage' },
  );
}
