/** What the parser makes of one element of a response; null is NIL. */
export type WireToken = null | TokenNode | readonly WireToken[];

export interface TokenNode {
  readonly type: string;
  readonly value?: string | Buffer | undefined;
  readonly section?: readonly WireToken[] | undefined;
  /** Origin and length of `BODY[]<origin.length>`. */
  readonly partial?: readonly number[] | undefined;
}

/** The elements of a list, or null when the token is not a list. */
export function asList(token: WireToken | undefined): readonly WireToken[] | null {
  return isList(token) ? token : null;
}

function isList(token: WireToken | undefined): token is readonly WireToken[] {
  return Array.isArray(token);
}

function asNode(token: WireToken | undefined): TokenNode | null {
  return token === undefined || token === null || isList(token) ? null : token;
}

/** The response code in brackets that a status response starts with, or null. */
export function asSection(token: WireToken | undefined): readonly WireToken[] | null {
  const node = asNode(token);
  return node === null || (node.value !== undefined && node.value !== '') ? null : (node.section ?? null);
}

/** The text of an atom, string or literal; null for NIL and lists. */
export function asText(token: WireToken | undefined): string | null {
  const node = asNode(token);
  if (node?.value === undefined) return null;
  return typeof node.value === 'string' ? node.value : node.value.toString('utf8');
}

/** The text in upper case: names of responses and items compare in any case. */
export function asKeyword(token: WireToken | undefined): string | null {
  return asText(token)?.toUpperCase() ?? null;
}

/**
 * The octets of a string or literal, or null. A quoted string holds 7-bit text only (RFC 9051 §9);
 * with anything else in it the parser has lost the bytes already, so that is null as well.
 */
export function asOctets(token: WireToken | undefined): Buffer | null {
  const node = asNode(token);
  if (node?.value === undefined) return null;
  if (typeof node.value !== 'string') return node.value;
  return Buffer.byteLength(node.value) === node.value.length ? Buffer.from(node.value, 'latin1') : null;
}

/** A non-negative integer up to 2^53−1, or null for anything else. */
export function asCount(token: WireToken | undefined): number | null {
  const text = asText(token);
  if (text === null || !/^\d{1,20}$/.test(text)) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : null;
}

/** A mod-sequence: a positive 63-bit integer (RFC 7162 §7), or null. */
export function asModseq(token: WireToken | undefined): bigint | null {
  const text = asText(token);
  if (text === null || !/^\d{1,19}$/.test(text)) return null;
  const number = BigInt(text);
  return number > 0n && number < 1n << 63n ? number : null;
}

/** Key of a FETCH item: `UID`, `BODY[]`, `BODY[HEADER.FIELDS]`; the fields' names are left out. */
export function fetchKey(
  token: WireToken | undefined,
): { readonly key: string; readonly origin: number | null } | null {
  const node = asNode(token);
  if (node === null || typeof node.value !== 'string') return null;
  const name = node.value.toUpperCase();
  const key = node.section === undefined ? name : `${name}[${asKeyword(node.section[0]) ?? ''}]`;
  return { key, origin: node.partial?.[0] ?? null };
}

/** An element of a command. */
export type Argument =
  string | { readonly type: string; readonly value: string | Buffer } | readonly Argument[];

export const atom = (value: string): Argument => ({ type: 'ATOM', value });
/** Sent as it is; only for text made here, such as `BODY.PEEK[]<0.4>`. */
export const verbatim = (value: string): Argument => ({ type: 'TEXT', value });
export const sequence = (value: string): Argument => ({ type: 'SEQUENCE', value });
export const literal = (value: Buffer): Argument => ({ type: 'LITERAL', value });
export const quoted = (value: string): Argument => ({ type: 'STRING', value });

/** A string of bytes: quoted where a quoted string can hold it, else a literal. */
export function octets(value: Buffer): Argument {
  const text = value.toString('latin1');
  return /^[\x20-\x7e]*$/.test(text) ? quoted(text) : literal(value);
}
