import { z } from 'zod';
import type { Endpoint } from './endpoint.ts';

type Json = Readonly<Record<string, unknown>>;

/** The answer to every failed call. */
export const errorSchema = z.strictObject({
  schema: z.literal('mothball/error/v1'),
  error: z.strictObject({ code: z.int(), message: z.string() }),
});

/** The API as an OpenAPI 3.1 document, made from the same schemas that shape the answers. */
export function openApi(endpoints: readonly Endpoint[], version: string): Json {
  const paths = Object.fromEntries(endpoints.map((one) => [one.path, { get: operation(one) }]));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Mothball',
      version,
      description:
        'All calls are read-only. They answer the same documents as `--json` on the command line; each names its shape in `schema`.',
    },
    servers: [{ url: '/api/v1' }],
    security: [{ bearer: [] }, { basic: [] }],
    paths: { ...paths, '/messages/{archive}/{line}/raw': { get: rawOperation } },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        basic: { type: 'http', scheme: 'basic', description: 'Any user name; the token is the password.' },
      },
      schemas: { Error: schemaOf(errorSchema) },
    },
  };
}

function operation({ path, summary, mail, query, answer }: Endpoint): Json {
  return {
    operationId: operationId(path),
    summary: mail ? `${summary} Needs the mail token; audited.` : summary,
    parameters: [...pathParameters(path), ...queryParameters(query)],
    responses: {
      200: { description: 'The document.', content: { 'application/json': { schema: schemaOf(answer) } } },
      default: failure,
    },
  };
}

const failure = {
  description: 'What went wrong.',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
} as const;

const rawOperation = {
  operationId: 'getMessagesRaw',
  summary: 'The message, byte for byte as IMAP delivered it. Needs the mail token; audited.',
  parameters: pathParameters('/messages/{archive}/{line}/raw'),
  responses: {
    200: { description: 'The message.', content: { 'message/rfc822': {} } },
    default: failure,
  },
};

/** `/runs/{id}` → `getRunsById` */
function operationId(path: string): string {
  const words = path.split('/').filter((part) => part !== '');
  return `get${words.map((part) => (part.startsWith('{') ? `By${capital(part.slice(1, -1))}` : capital(part))).join('')}`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function pathParameters(path: string): readonly Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(query: z.ZodObject): readonly Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { target: 'draft-2020-12' });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = typeof property === 'boolean' ? {} : property;
    const optional = 'default' in schema || !required.includes(name);
    return { name, in: 'query', required: !optional, description, schema };
  });
}

function schemaOf(schema: z.ZodType): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12' });
  return rest;
}
