import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Alias } from '../domain/alias.ts';

/** Where a store keeps them: `reindex` reads them all, whatever their names. */
export const aliasDirectory = '.mothball/aliases/';

const name = z.object({ server: z.string(), account: z.string().nullable() });
const schema = z.object({
  kind: z.literal('alias'),
  version: z.literal(1),
  from: name,
  to: name,
  at: z.iso.datetime(),
});

/** @throws when the text is not an alias of a version known here. */
export function parseAlias(text: string): Alias {
  const { from, to, at } = schema.parse(JSON.parse(text));
  return { from, to, at: new Date(at) };
}

/** The key and the bytes of an alias in a store: the same for the same alias. */
export function aliasRecord({ from, to, at }: Alias): { readonly key: string; readonly data: Uint8Array } {
  const data = Buffer.from(
    `${JSON.stringify({ kind: 'alias', version: 1, from, to, at: at.toISOString() })}\n`,
  );
  const digest = createHash('sha256').update(data).digest('hex').slice(0, 16);
  return { key: `${aliasDirectory}${digest}.json`, data };
}
