import { z } from 'zod';
import type { Bytes } from '../domain/brands.ts';
import type { AgeFrom, Duration, Match, SystemFlag } from '../domain/policy.ts';
import { duration, globs, byteSize } from './schema-common.ts';

const flags = ['seen', 'answered', 'flagged', 'deleted', 'draft'] as const;

/** RFC 5322 §2.2: printable US-ASCII but the colon. */
const fieldName = /^[!-9;-~]{1,128}$/;
/** RFC 9051 §9 `flag-keyword`: an atom. */
const keywordShape = /^[!#$&'+-Z[^-z|}~]{1,128}$/;

interface MatchInput {
  readonly all?: readonly MatchInput[] | undefined;
  readonly any?: readonly MatchInput[] | undefined;
  readonly not?: MatchInput | undefined;
  readonly olderThan?: Duration | undefined;
  readonly ageFrom?: AgeFrom | undefined;
  readonly largerThan?: Bytes | undefined;
  readonly flag?: SystemFlag | undefined;
  readonly keyword?: string | undefined;
  readonly unseen?: true | undefined;
  readonly from?: readonly string[] | undefined;
  readonly to?: readonly string[] | undefined;
  readonly subject?: readonly string[] | undefined;
  readonly header?: Readonly<Record<string, readonly string[]>> | undefined;
}

const conditionSchema = z
  .strictObject({
    get all(): z.ZodOptional<z.ZodArray<z.ZodType<MatchInput>>> {
      return z.array(conditionSchema).min(1).optional().describe('All of these must hold.');
    },
    get any(): z.ZodOptional<z.ZodArray<z.ZodType<MatchInput>>> {
      return z.array(conditionSchema).min(1).optional().describe('At least one of these must hold.');
    },
    get not(): z.ZodOptional<z.ZodType<MatchInput>> {
      return conditionSchema.optional();
    },
    olderThan: duration('The message is strictly older than this.').optional(),
    ageFrom: z
      .enum(['received', 'sent', 'saved'])
      .optional()
      .describe(
        'Which date olderThan looks at: received (INTERNALDATE, the default), sent (Date header) or saved (SAVEDATE; a server without it keeps everything).',
      ),
    largerThan: byteSize('The message is larger than this.').optional(),
    flag: z
      .enum(flags)
      .optional()
      .describe(
        'The message has this flag. Flagged and draft mail leaves only where its flag is named here.',
      ),
    keyword: z
      .string()
      .regex(keywordShape, 'must be one IMAP keyword: no spaces and none of \\ ( ) { % * " ]')
      .optional()
      .meta({ description: 'The message has this IMAP keyword.', examples: ['$Forwarded'] }),
    unseen: z.literal(true).optional().describe('The message has not been read.'),
    from: globs('A glob, or several, for the From header or an address in it.').optional(),
    to: globs('A glob, or several, for the To header or an address in it.').optional(),
    subject: globs('A glob, or several, for the Subject header.').optional(),
    header: z
      .record(
        z.string().regex(fieldName, 'must be the name of a header field, such as List-Id'),
        globs('A glob, or several.'),
      )
      .optional()
      .meta({ description: 'Globs for header fields by name.', examples: [{ 'List-Id': '*announce*' }] }),
  })
  .superRefine((value, context) => {
    const { ageFrom, ...named } = value;
    const empty = Object.values(named).every((condition) => condition === undefined);
    if (ageFrom !== undefined && value.olderThan === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['ageFrom'],
        message: 'is valid only with olderThan, which is missing here',
      });
    } else if (empty || (value.header !== undefined && Object.keys(value.header).length === 0)) {
      context.addIssue({
        code: 'custom',
        params: { missing: true },
        message: 'an empty match would select everything; name at least one condition',
      });
    }
  })
  .meta({
    id: 'match',
    description: 'A condition on a message. Several keys must all hold.',
    minProperties: 1,
  });

/** A condition; a mapping with several keys is `all`. */
export const matchSchema = conditionSchema.transform(toMatch);

function toMatch(input: MatchInput): Match {
  const of = [...conditions(input)];
  const [only] = of;
  return only !== undefined && of.length === 1 ? only : { kind: 'all', of };
}

function* conditions(input: MatchInput): Generator<Match> {
  if (input.all !== undefined) yield { kind: 'all', of: input.all.map(toMatch) };
  if (input.any !== undefined) yield { kind: 'any', of: input.any.map(toMatch) };
  if (input.not !== undefined) yield { kind: 'not', of: toMatch(input.not) };
  if (input.olderThan !== undefined) {
    yield { kind: 'olderThan', age: input.olderThan, from: input.ageFrom ?? 'received' };
  }
  if (input.largerThan !== undefined) yield { kind: 'largerThan', bytes: input.largerThan };
  if (input.flag !== undefined) yield { kind: 'flag', flag: input.flag };
  if (input.keyword !== undefined) yield { kind: 'keyword', keyword: input.keyword };
  if (input.unseen !== undefined) yield { kind: 'unseen' };
  for (const name of ['from', 'to', 'subject'] as const) {
    const wanted = input[name];
    if (wanted !== undefined) yield { kind: 'header', name, globs: wanted };
  }
  for (const [name, wanted] of Object.entries(input.header ?? {})) {
    yield { kind: 'header', name: name.toLowerCase(), globs: wanted };
  }
}
