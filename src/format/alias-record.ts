import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Alias, Name } from '../domain/alias.ts';

/** Where a store keeps them: `reindex` reads them all, whatever their names. */
export const aliasDirectory = '.mothball/aliases/';

/** @throws when the text is not an alias of a version known here. */
export function parseAlias(text: string): Alias {
  const fields = fieldsOf(JSON.parse(text));
  const at = new Date(String(fields.get('at')));
  const known = fields.get('kind') === 'alias' && fields.get('version') === 1;
  if (!known || Number.isNaN(at.getTime())) throw new RangeError('not an alias of a known version');
  return { from: nameIn(fields.get('from')), to: nameIn(fields.get('to')), at };
}

function nameIn(value: unknown): Name {
  const fields = fieldsOf(value);
  const server = fields.get('server');
  const account = fields.get('account');
  if (typeof server !== 'string' || (typeof account !== 'string' && account !== null))
    throw new RangeError('an alias without names');
  return { server, account };
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new RangeError('not an object');
  return new Map(Object.entries(value));
}

/** The key and the bytes of an alias in a store: the same for the same alias. */
export function aliasRecord({ from, to, at }: Alias): { readonly key: string; readonly data: Uint8Array } {
  const data = Buffer.from(
    `${JSON.stringify({ kind: 'alias', version: 1, from, to, at: at.toISOString() })}\n`,
  );
  const digest = createHash('sha256').update(data).digest('hex').slice(0, 16);
  return { key: `${aliasDirectory}${digest}.json`, data };
}
