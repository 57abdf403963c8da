import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { MailDesk } from '../mail-desk.ts';
import type { WebSource } from '../source.ts';

export interface Call {
  readonly source: WebSource;
  readonly desk: MailDesk;
  readonly request: FastifyRequest;
}

/** One call that the API answers with a JSON document. */
export interface Endpoint {
  /** Below /api/v1; parameters in braces, as OpenAPI writes them. */
  readonly path: string;
  readonly summary: string;
  /** Needs the mail token. */
  readonly mail: boolean;
  /** The query parameters, with their descriptions. */
  readonly query: z.ZodObject;
  readonly answer: z.ZodType;
  handle(call: Call): Promise<object>;
}

const mostRows = 500;
const usualRows = 100;

/** Parameters of every list. */
export const listPart = {
  limit: z.coerce
    .number<string>()
    .int()
    .min(1)
    .max(mostRows)
    .default(usualRows)
    .describe(`Maximum number of entries, up to ${mostRows}; default ${usualRows}.`),
  offset: z.coerce
    .number<string>()
    .int()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe('Number of entries to skip.'),
} as const;

const name = z.string().min(1).max(256).optional();

export const filters = {
  account: name.describe('Only configured accounts whose names match; * matches everything.'),
  policy: name.describe('Only this policy.'),
  store: name.describe('Only this store.'),
} as const;

export const noQuery = z.strictObject({});
