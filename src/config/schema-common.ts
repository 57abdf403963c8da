import { z } from 'zod';
import { cronFault } from '../domain/cron.ts';
import { durationPattern, parseDuration } from '../domain/duration.ts';
import { globFault, roleOf } from '../domain/glob.ts';
import type { Duration, Patterns } from '../domain/policy.ts';
import { parseSize, sizePattern } from '../domain/size.ts';
import { nearest } from '../domain/suggest.ts';

// A schema is used once in most commands: compiling it would take longer than it saves.
z.config({ jitless: true });

/** Keys of an entry, e.g. of a server: they end up in paths, labels and command lines. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const roles = [
  'inbox',
  'all',
  'archive',
  'drafts',
  'flagged',
  'important',
  'junk',
  'sent',
  'trash',
] as const;

interface Meta {
  readonly description?: string;
  readonly examples?: string[];
  readonly pattern?: string;
}

/** A text that a function turns into a value; its RangeError is the message. */
function parsed<T>(parse: (text: string) => T, meta: Meta) {
  return textOf(meta)
    .meta({ ...meta })
    .transform((text, context) => {
      try {
        return parse(text);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        context.addIssue({ code: 'custom', message: `found "${text.slice(0, 80)}", ${error.message}` });
        return z.NEVER;
      }
    });
}

/** A text that must pass a check; the fault is the message. */
function checked(fault: (text: string) => string | null, meta: Meta) {
  return textOf(meta)
    .meta({ ...meta })
    .superRefine((text, context) => {
      const message = fault(text);
      if (message !== null)
        context.addIssue({ code: 'custom', message: `found "${text.slice(0, 80)}", ${message}` });
    });
}

/** A text; the problem for anything else says what the text should look like. */
function textOf(meta: Meta) {
  const [example] = meta.examples ?? [];
  return z.string({
    error: ({ input }) =>
      input === undefined || example === undefined
        ? undefined
        : `must be text such as ${JSON.stringify(example)}`,
  });
}

export function name(description: string) {
  return z
    .string()
    .regex(
      namePattern,
      'must start with a letter or digit and hold only letters, digits, ".", "_" and "-", up to 64',
    )
    .meta({ description });
}

export function duration(description: string, zero: 'zero allowed' | 'above zero' = 'above zero') {
  return parsed<Duration>(
    (text) => {
      const value = parseDuration(text);
      if (value.count === 0 && zero === 'above zero') throw new RangeError('must be above zero');
      return value;
    },
    { description, pattern: durationPattern, examples: ['30d', '8w', '6mo', '2y'] },
  );
}

export function byteSize(description: string) {
  return parsed(
    (text) => {
      const value = parseSize(text);
      if (value === 0) throw new RangeError('must be above zero');
      return value;
    },
    { description, pattern: sizePattern, examples: ['1MiB', '20GiB'] },
  );
}

/** `90%` as the number 90. */
export function percent(description: string) {
  return parsed(
    (text) => {
      const [, digits] = /^(\d{1,3}(?:\.\d{1,2})?)%$/.exec(text) ?? [];
      const value = Number(digits);
      if (digits === undefined || value < 1 || value > 100)
        throw new RangeError('expected 1% to 100%, such as 90%');
      return value;
    },
    { description, pattern: String.raw`^\d{1,3}(?:\.\d{1,2})?%$`, examples: ['90%'] },
  );
}

/** Waits on a network, in milliseconds. */
export function seconds(description: string) {
  return parsed(
    (text) => {
      const [, digits, unit] = /^([1-9]\d{0,4})(s|min)$/.exec(text) ?? [];
      if (digits === undefined) throw new RangeError('expected a whole number and s or min, such as 60s');
      return Number(digits) * (unit === 's' ? 1000 : 60_000);
    },
    { description, pattern: '^[1-9][0-9]{0,4}(s|min)$', examples: ['60s', '2min'] },
  );
}

export function cron(description: string) {
  return checked(
    (text) => {
      const fault = cronFault(text);
      return fault === null ? null : `not a schedule: ${fault}`;
    },
    { description, examples: ['15 2 * * *', '*/30 * * * *'] },
  );
}

export const timezone = checked(
  (text) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions();
      return null;
    } catch {
      const meant = nearest(text, Intl.supportedValuesOf('timeZone'));
      return `not an IANA time zone${meant === null ? ', such as Europe/Warsaw' : `; did you mean "${meant}"?`}`;
    }
  },
  {
    description: 'IANA time zone of the schedule and of calendar months and years.',
    examples: ['Europe/Warsaw', 'America/New_York'],
  },
);

export function glob(description: string) {
  return checked(globFault, { description, examples: ['*@example.com'] });
}

export const folderPattern = checked(
  (text) => {
    const role = roleOf(text);
    if (role === null || roles.some((known) => known === role)) return globFault(text);
    const meant = nearest(role, roles);
    return `no such role;${meant === null ? '' : ` did you mean "role:${meant}"?`} roles: ${roles.join(', ')}`;
  },
  {
    description:
      'Folder name with "/" between levels: * stops at "/", ** does not. Or role:trash, role:junk, role:drafts, role:sent, role:archive, role:inbox (SPECIAL-USE).',
    examples: ['**', 'INBOX', 'Keep/**', 'role:trash'],
  },
);

/** One or several globs, as a list. */
export function globs(description: string) {
  const one = glob(description);
  return z
    .union([one, z.array(one).min(1)])
    .transform((value): readonly string[] => (typeof value === 'string' ? [value] : value))
    .describe(description);
}

/** A list to include, or a mapping with include and exclude. `all` is used where nothing is included by name. */
export function accountPatterns(description: string) {
  const pattern = glob('Account name; * matches everything, case is ignored.');
  return z
    .union([
      z.array(pattern).min(1),
      z.strictObject({
        include: z.array(pattern).min(1).default(['*']),
        exclude: z.array(pattern).default([]),
      }),
    ])
    .transform((value): Patterns => (Array.isArray(value) ? { include: value, exclude: [] } : value))
    .describe(description);
}
