import { dateHeaderBounds, fullYear, parseDateHeader } from '../domain/dates.ts';

/** Beginnings of the names of months, without accents, in the languages that mail programs write. */
const monthNames: readonly RegExp[] = [
  /^(?:jan|ene|gen|led|sty|янв)/,
  /^(?:feb|fev|lut|unor|фев)/,
  /^(?:mar|maa|mrt|mrz|brez|мар)/,
  /^(?:apr|avr|abr|kwi|dub|апр)/,
  /^(?:may|mai|maj|mei|mag|kve|маи|мая)/,
  /^(?:jun|juin|giu|cze|cerven$|июн)/,
  /^(?:jul|juil|lug|lip|cervenec|июл)/,
  /^(?:aug|aou|ago|sie|srp|авг)/,
  /^(?:sep|set|wrz|zari|сен)/,
  /^(?:oct|okt|out|ott|paz|rij|окт)/,
  /^(?:nov|lis|ноя)/,
  /^(?:dec|dez|dic|des|gru|pros|дек)/,
];
/** Hours from UTC of names that one place alone uses. */
const zoneHours: Readonly<Record<string, number>> = {
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
  CET: 1,
  MET: 1,
  MEZ: 1,
  CEST: 2,
  MEST: 2,
  MESZ: 2,
  EET: 2,
  EEST: 3,
  WEST: 1,
  BST: 1,
  MSK: 3,
  JST: 9,
  KST: 9,
  HKT: 8,
  SGT: 8,
  AEST: 10,
  AEDT: 11,
  NZST: 12,
  NZDT: 13,
  AKST: -9,
  HST: -10,
};
const time =
  /(?<![\d:.])(?<hour>\d{1,2})(?<mark>[:.])(?<minute>\d{2})(?:\k<mark>(?<second>\d{2}))?(?:[.,]\d{1,9})?\s*(?<half>[ap]\.?m\b)?/i;
const orders: readonly RegExp[] = [
  // 2020-01-06, 2020/01/06
  /(?<!\d)(?<year>\d{4})[-/.](?<number>\d{1,2})[-/.](?<day>\d{1,2})(?!\d)/,
  // 06-01-2020, 06.01.2020; with slashes only where one of them can't be a month
  /(?<!\d)(?<day>\d{1,2})[-.](?<number>\d{1,2})[-.](?<year>\d{4})(?!\d)/,
  /(?<!\d)(?<day>1[3-9]|2\d|3[01])\/(?<number>\d{1,2})\/(?<year>\d{4})(?!\d)/,
  /(?<!\d)(?<number>\d{1,2})\/(?<day>1[3-9]|2\d|3[01])\/(?<year>\d{4})(?!\d)/,
  // January 06, 2020; Jan 6 10:00:00 2020
  /(?<month>\p{L}{3,})\.?\s+(?<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?:at\s+)?(?<year>\d{4})(?!\d)/iu,
  // 06 janv. 2020; 6. Januar 2020
  /(?<!\d)(?<day>\d{1,2})[.]?[\s-]+(?:de\s+)?(?<month>\p{L}{3,})\.?,?[\s-]+(?:de\s+)?(?<year>\d{2,4})(?!\d)/iu,
];

/**
 * A date in any form that occurs in mail and can be read in one way only; a zone that is missing or
 * unknown is taken as UTC. For what is imported: nothing is deleted on its strength.
 */
export function looseDate(value: string): Date | null {
  const exact = parseDateHeader(value);
  if (exact !== null) return named(value) ?? exact;
  const written = value
    .slice(0, 200)
    .replaceAll('&#43;', '+')
    .replaceAll(/(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]/g, '$1-$2-$3')
    .replaceAll(/(?<!\d)((?:19|20)\d{2})(\d{2})(\d{2})T?(\d{2})(\d{2})(\d{2})(?!\d)/g, '$1-$2-$3 $4:$5:$6 ')
    .replaceAll(/\(?(?:GMT|UTC)\s*([+-]\d{1,2}(?::?\d{2})?)\)?(?!\d)/gi, ' $1 ')
    .replaceAll(/\([^()]*\)|"/g, ' ')
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .trim();
  const clock = clockOf(
    written.replace(/(?<![\d.])\d{1,2}\.\d{1,2}\.\d{4}(?!\d)/, (date) => '-'.repeat(date.length)),
  );
  const at = written.indexOf(clock.text);
  const behind = written.slice(at + clock.text.length);
  // `10:00:00 EST 2020`
  const rest = `${written.slice(0, at)} ${behind.replace(/^\s*[A-Z]{2,5}(?=\s+\d{4}$)/, '')}`;
  for (const order of orders) {
    const found = order.exec(rest)?.groups;
    if (found === undefined) continue;
    const year = fullYear(found['year'] ?? '');
    const month = found['month'] === undefined ? Number(found['number']) - 1 : monthOf(found['month']);
    const day = Number(found['day']);
    if (month < 0 || month > 11 || day < 1) continue;
    if (day > new Date(Date.UTC(year, month + 1, 0)).getUTCDate()) continue;
    const shift = shiftOf(behind);
    return new Date(Date.UTC(year, month, day) + clock.ms - shift * 60_000);
  }
  return null;
}

/** The date of a header whose zone only a table knows. */
function named(value: string): Date | null {
  const shift = /\s([A-Z]{3,4})\s*$/.exec(value.replaceAll(/\([^()]*\)/g, ' '))?.[1];
  const hours = shift === undefined ? undefined : zoneHours[shift];
  const comment = /\((?:GMT|UTC)([+-]\d{2}):?(\d{2})\)\s*$/i.exec(value);
  const bare = parseDateHeader(value);
  const bounds = dateHeaderBounds(value);
  // Where the zone is known already, it has been counted.
  if (bare === null || bounds?.from.getTime() === bounds?.to.getTime()) return null;
  if (hours !== undefined) return new Date(bare.getTime() - hours * 3_600_000);
  // A zone in a comment counts where there is no other.
  if (comment === null || !/:\d{2}\s*\(/.test(value)) return null;
  return new Date(bare.getTime() - shiftOf(`${comment[1] ?? ''}${comment[2] ?? ''}`) * 60_000);
}

/** Milliseconds after midnight, and the text that says so; none is midnight. */
function clockOf(text: string): { readonly ms: number; readonly text: string } {
  const found = time.exec(text);
  const part = (name: string): number => Number(found?.groups?.[name] ?? 0);
  if (found === null || part('hour') > 23 || part('minute') > 59) return { ms: 0, text: '' };
  const half = found.groups?.['half']?.toLowerCase();
  const hour = half === undefined ? part('hour') : (part('hour') % 12) + (half.startsWith('p') ? 12 : 0);
  return { ms: ((hour * 60 + part('minute')) * 60 + Math.min(part('second'), 59)) * 1000, text: found[0] };
}

/** Minutes from UTC. */
function shiftOf(text: string): number {
  const found = /(?<!\d)(?<sign>[+-])(?<hours>\d{1,2}?)(?::?(?<minutes>\d{2}))?(?!\d)/.exec(text)?.groups;
  if (found !== undefined) {
    const minutes = Number(found['hours']) * 60 + Number(found['minutes'] ?? 0);
    return found['sign'] === '-' ? -minutes : minutes;
  }
  return (zoneHours[/\b([A-Z]{3,4})\b/.exec(text)?.[1] ?? ''] ?? 0) * 60;
}

function monthOf(name: string): number {
  const plain = name.toLowerCase();
  return monthNames.findIndex((beginning) => beginning.test(plain));
}
