import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { HttpFault } from '../fault.ts';
import { given, readQuery, word } from '../query.ts';
import type { MessageName } from './own-archive.ts';

/** The largest form in bytes: it has room for a page of chosen messages. */
export const maxFormBytes = 16_384;
const mostChosen = 100;

const messageSchema = z.object({
  archive: z.string().regex(/^[0-9a-f]{64}$/),
  line: z.string().regex(/^\d{1,6}$/),
});
const signInSchema = z.strictObject({ key: word, name: word, password: word, server: given(word) });
const restoreSchema = z.strictObject({
  key: word,
  id: z
    .array(z.string().regex(/^[0-9a-f]{64}\/\d{1,6}$/))
    .min(1)
    .max(mostChosen),
  to: z.enum(['original', 'restored']),
});

/** The fields of a form. A field that occurs several times is a list. */
export function fieldsOf(body: string): Readonly<Record<string, string | readonly string[]>> {
  const params = new URLSearchParams(body);
  return Object.fromEntries(
    [...new Set(params.keys())].map((name) => {
      const [first = '', ...others] = params.getAll(name);
      return [name, others.length === 0 ? first : [first, ...others]];
    }),
  );
}

export function signInOf(body: unknown): z.output<typeof signInSchema> {
  return readQuery(signInSchema, body);
}

export function keyOf(body: unknown): string {
  return readQuery(z.strictObject({ key: word }), body).key;
}

export interface RestoreForm {
  readonly key: string;
  readonly names: readonly MessageName[];
  readonly to: 'original' | 'restored';
}

export function restoreOf(body: unknown): RestoreForm {
  const fields = z.record(z.string(), z.unknown()).safeParse(body).data ?? {};
  const { id: ids = [] } = fields;
  if (Array.isArray(ids) && ids.length === 0)
    throw new HttpFault(400, 'no message was chosen: go back and tick some');
  const { key, id, to } = readQuery(restoreSchema, { ...fields, id: Array.isArray(ids) ? ids : [ids] });
  const names = id.map((one) => {
    const [archive = '', line = ''] = one.split('/');
    return { archive, line: Number(line) };
  });
  return { key, names, to };
}

/** The message that a path names. @throws HttpFault 404 if it can't be the name of one. */
export function nameIn(params: unknown): MessageName {
  const parsed = messageSchema.safeParse(params);
  if (!parsed.success) throw new HttpFault(404, 'there is no such message in your archive');
  return { archive: parsed.data.archive, line: Number(parsed.data.line) };
}

export function staleForm(): HttpFault {
  return new HttpFault(403, 'the form was sent before, or is too old; open it again');
}

/** Headers that a proxy adds: the request then comes from elsewhere, even if the proxy is on this machine. */
const ofProxies = /^(?:x-forwarded(?:-.*)?|forwarded|via|x-real-ip)$/;

/**
 * Passwords do not travel in the clear, except within this machine. The protocol is `https` with our own TLS,
 * or if a trusted proxy says so. What other proxies say is ignored.
 */
export function requireSafe({ protocol, headers }: FastifyRequest, local: boolean): void {
  if (protocol === 'https') return;
  if (local && !Object.keys(headers).some((name) => ofProxies.test(name))) return;
  throw new HttpFault(
    403,
    'nobody can sign in over a connection without TLS: use https (behind a proxy, your administrator has to name it in http.trustedProxies, and it has to send X-Forwarded-Proto)',
  );
}
