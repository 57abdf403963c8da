import { bytes, type Bytes } from './brands.ts';

const units = {
  B: 1,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
} as const;
const binary = ['KiB', 'MiB', 'GiB', 'TiB'] as const;
const shape = /^(\d{1,15}(?:\.\d{1,6})?) ?(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$/;

/** What sizes look like, for messages and the JSON schema. */
export const sizePattern = shape.source;

/**
 * Reads `20GiB`, `1.5MB` or `512B`; fractions of a byte are dropped.
 * @throws RangeError that says what is allowed.
 */
export function parseSize(text: string): Bytes {
  const [, digits, unit] = shape.exec(text) ?? [];
  if (digits === undefined || !isUnit(unit)) throw new RangeError(complaint(text));
  const count = Math.floor(Number(digits) * units[unit]);
  if (!Number.isSafeInteger(count)) throw new RangeError('too large: at most 8191 TiB');
  return bytes(count);
}

function complaint(text: string): string {
  const unit = /[a-z]+$/i.exec(text)?.[0];
  const meant = Object.keys(units).find((name) => name.toLowerCase() === unit?.toLowerCase());
  const hint = meant === undefined ? '' : `; units are spelled exactly, write "${meant}"`;
  return `not a size: write a number and KiB, MiB, GiB, TiB, KB, MB, GB, TB or B, such as 1MiB${hint}`;
}

function isUnit(text: string | undefined): text is keyof typeof units {
  return text !== undefined && Object.hasOwn(units, text);
}

/** For people, in binary units with one decimal, e.g. `58.3 MiB`; below 1 KiB in bytes. */
export function formatBytes(value: Bytes): string {
  if (value < 1024) return `${value} B`;
  // The rounded figure decides, so that 1048575 reads 1.0 MiB and not 1024.0 KiB.
  const unit = binary.find((name) => Math.round((value / units[name]) * 10) < 10_240) ?? 'TiB';
  return `${(value / units[unit]).toFixed(1)} ${unit}`;
}
