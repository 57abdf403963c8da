import { dayMs } from './dates.ts';
interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly words: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const monthLengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const minute: Field = { name: 'minute', least: 0, most: 59, words: [] };
const hour: Field = { name: 'hour', least: 0, most: 23, words: [] };
const day: Field = { name: 'day of month', least: 1, most: 31, words: [] };
const month: Field = { name: 'month', least: 1, most: 12, words: months };
const weekday: Field = { name: 'day of week', least: 0, most: 7, words: weekdays };

/** What is wrong with a five-field cron expression (minute hour day month weekday), or null. */
export function cronFault(expression: string): string | null {
  const parts = expression.trim().split(/\s+/);
  const [minutes, hours, days, monthList, dayNames] = parts;
  if (dayNames === undefined || parts.length !== 5) {
    return `expected five fields (minute hour day month weekday), found ${parts.length}`;
  }
  try {
    values(minute, minutes ?? '');
    values(hour, hours ?? '');
    const wantedDays = values(day, days ?? '');
    const wantedMonths = values(month, monthList ?? '');
    values(weekday, dayNames);
    const comes = wantedMonths.some((wanted) =>
      wantedDays.some((date) => date <= (monthLengths[wanted - 1] ?? 0)),
    );
    return comes || dayNames !== '*' ? null : 'no such day ever comes';
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

/** Days that the search for the longest gap looks at: every leap year and weekday of a 28-year cycle. */
const cycleDays = 10_228;

/**
 * The longest time between two firings of a valid expression, in seconds; null when it fires at most
 * once in 28 years. Days count 24 hours, whatever the clock changes. A day must fit both day fields.
 */
export function longestGap(expression: string): number | null {
  const [minutes = '', hours = '', days = '', monthList = '', dayNames = ''] = expression.trim().split(/\s+/);
  const times = values(hour, hours)
    .flatMap((h) => values(minute, minutes).map((m) => h * 3600 + m * 60))
    .toSorted((a, b) => a - b);
  const [first = 0] = times;
  const last = times.at(-1) ?? first;
  let longest = 0;
  for (const [index, time] of times.entries()) longest = Math.max(longest, time - (times[index - 1] ?? time));
  const dates = new Set(values(day, days));
  const inMonths = new Set(values(month, monthList));
  const onDays = new Set(values(weekday, dayNames).map((number) => number % 7));
  let previous: number | null = null;
  let found = 0;
  for (let index = 0; index < cycleDays; index += 1) {
    const date = new Date(index * dayMs);
    if (!inMonths.has(date.getUTCMonth() + 1) || !dates.has(date.getUTCDate())) continue;
    if (!onDays.has(date.getUTCDay())) continue;
    found += 1;
    if (previous !== null) longest = Math.max(longest, (index - previous) * 86_400 - last + first);
    previous = index;
  }
  return found < 2 ? null : longest;
}

/** The numbers a field means: `*`, `5`, `1-5`, each with `/step`, in lists. */
function values(field: Field, text: string): readonly number[] {
  return text.split(',').flatMap((part) => {
    const found = /^(?:(\*)|([a-z]+|\d+)(?:-([a-z]+|\d+))?)(?:\/(\d+))?$/i.exec(part);
    if (found === null)
      throw new RangeError(`${field.name}: "${part}" is not *, a number, a range or a step`);
    const [, all, low, high, stepText] = found;
    const from = all === undefined ? numberOf(field, low ?? '') : field.least;
    const to = all !== undefined ? field.most : high === undefined ? from : numberOf(field, high);
    if (stepText !== undefined && all === undefined && high === undefined) {
      throw new RangeError(`${field.name}: a step needs a range, write "${low}-${field.most}/${stepText}"`);
    }
    const step = Number(stepText ?? 1);
    if (to < from) throw new RangeError(`${field.name}: the range "${part}" runs backwards`);
    if (step < 1) throw new RangeError(`${field.name}: a step must be at least 1`);
    return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
  });
}

function numberOf(field: Field, text: string): number {
  const word = field.words.indexOf(text.toLowerCase());
  const value = word < 0 ? Number(text) : word + field.least;
  if (!Number.isInteger(value) || value < field.least || value > field.most) {
    throw new RangeError(`${field.name}: "${text}" is not in ${field.least}-${field.most}`);
  }
  return value;
}
