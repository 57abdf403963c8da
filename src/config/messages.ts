import { z } from 'zod';
import { nearest } from '../domain/suggest.ts';

/**
 * The words for a departure from a schema: what was found, what is allowed, the nearest valid key.
 * Texts are quoted only where a choice of words is expected, and never under a key that may hold a
 * secret; undefined leaves the schema's own message.
 */
export function issueMessage(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey('key', key, keysOf(issue.inst))).join('\n');
    case 'invalid_type':
      return issue.input === undefined
        ? `is missing; ${expected(issue.expected)} is required`
        : `must be ${expected(issue.expected)}, found ${kindOf(issue.input)}`;
    case 'invalid_value':
      return wrongWord(issue.input, issue.values.map(String), issue.path ?? []);
    case 'invalid_union':
      return issue.discriminator === undefined
        ? issue.input === undefined
          ? 'is missing'
          : `has the wrong shape, found ${kindOf(issue.input)}`
        : wrongWord(chosen(issue.input, issue.discriminator), optionsOf(issue), issue.path ?? []);
    case 'too_small':
      return issue.origin === 'array'
        ? 'must have at least one entry'
        : `must be ${issue.inclusive === false ? 'above' : 'at least'} ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `must be at most ${issue.maximum}${unitOf(issue.origin)}`;
    default:
      return undefined;
  }
}

/** `unknown key "olderThen"; did you mean "olderThan"? allowed: …` */
export function unknownKey(noun: string, found: string, allowed: readonly string[]): string {
  const meant = nearest(found, allowed);
  const hint = meant === null ? '' : ` did you mean "${meant}"?`;
  const list = allowed.length === 0 ? 'there are none' : `allowed: ${allowed.slice(0, 40).join(', ')}`;
  return `unknown ${noun} ${JSON.stringify(found.slice(0, 80))};${hint} ${list}`;
}

/** `found "startls"; did you mean "starttls"? allowed: …` */
export function wrongWord(input: unknown, allowed: readonly string[], path: readonly PropertyKey[]): string {
  const list = `allowed: ${allowed.join(', ')}`;
  if (input === undefined) return `is missing; ${list}`;
  if (secretive(path)) return `found ${kindOf(input)}; ${list}`;
  if (typeof input === 'number' || typeof input === 'boolean') return `found ${input}; ${list}`;
  if (typeof input !== 'string') return `found ${kindOf(input)}; ${list}`;
  const meant = nearest(input, allowed);
  return `found ${JSON.stringify(input.slice(0, 80))};${meant === null ? '' : ` did you mean "${meant}"?`} ${list}`;
}

function secretive(path: readonly PropertyKey[]): boolean {
  return path.some((step) => /pass|secret|token|credential/i.test(String(step)));
}

function keysOf(schema: unknown): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function optionsOf(issue: z.core.$ZodRawIssue): readonly string[] {
  const options: unknown = 'options' in issue ? issue['options'] : [];
  return Array.isArray(options) ? options.map(String) : [];
}

function chosen(input: unknown, key: string): unknown {
  return typeof input === 'object' && input !== null
    ? new Map<string, unknown>(Object.entries(input)).get(key)
    : input;
}

const words: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

function expected(type: string): string {
  return words[type] ?? type;
}

function unitOf(origin: string): string {
  return origin === 'string' ? ' characters long' : '';
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return expected(typeof value);
}
