import { z } from 'zod';
import type { AccountRef } from '../domain/account.ts';
import { accountMatches, globFault } from '../domain/glob.ts';
import { runResults } from '../domain/run-result.ts';
import type { MessagePlace, MessageRow } from '../ports/records.ts';
import { HttpFault } from './fault.ts';

/** Longest text that is accepted, in UTF-16 units, and the last page of a list. */
const longest = 1000;
const farthest = 1_000_000;

export const word = z.string().max(longest);
/** A number in an address. */
export const whole = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number)
  .refine((value) => value <= farthest);

/** An empty field of a form means the same as no field. */
export function given<T extends z.ZodType>(schema: T) {
  return z.union([z.literal('').transform(() => undefined), schema]).optional();
}

export const archiveState = z.enum(['sealed', 'verified', 'quarantined', 'expired']);
export const runResult = z.enum(runResults);

/** Reads the query of an address. @throws HttpFault 400 that names what is wrong. */
export function readQuery<T extends z.ZodType>(schema: T, query: unknown): z.output<T> {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, code }) => {
    const name = path.join('.');
    if (code === 'unrecognized_keys') return 'an unknown parameter';
    return `${name === '' ? 'the query' : name} has a value that is not allowed`;
  });
  throw new HttpFault(400, `the address can't be read: ${[...new Set(faults)].join('; ')}`);
}

/** The accounts that a glob matches, as `--account` does; undefined: all, also those not configured. */
export function accountsOf(
  accounts: readonly AccountRef[],
  pattern: string | undefined,
): readonly AccountRef[] | undefined {
  if (pattern === undefined) return undefined;
  const fault = globFault(pattern);
  if (fault !== null) throw new HttpFault(400, `account: ${fault}`);
  return accounts
    .filter(({ account }) => accountMatches({ include: [pattern], exclude: [] }, account))
    .map(({ server, account }) => ({ server, account }));
}

/** Where a list of messages goes on, as a text for addresses. */
export const placeText = z
  .string()
  .regex(/^-?\d{1,16}\.\d{1,15}$/)
  .refine((text) => !Number.isNaN(readPlace(text).date.getTime()));
export const place = placeText.transform(readPlace);

export function readPlace(text: string): MessagePlace {
  const [date = Number.NaN, n = Number.NaN] = text.split('.').map(Number);
  return { date: new Date(date), n };
}

/** The place of a message that was found. */
export function foundPlace({ date, internalDate, n }: MessageRow): string {
  return `${(date ?? internalDate).getTime()}.${n}`;
}

const messageId = z.object({ archive: z.string(), line: z.string() });

/** The ID of the message that a path names. */
export function messageIdOf(params: unknown): string {
  const { archive, line } = readQuery(messageId, params);
  return `${archive}/${line}`;
}
