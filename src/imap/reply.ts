import { errorField } from './imap-errors.ts';
import { asKeyword, asList, asSection, asText, type WireToken } from './wire-token.ts';

/** A response as the parser hands it over. */
export interface Parsed {
  readonly tag?: string;
  readonly command: string;
  readonly attributes?: readonly WireToken[] | undefined;
  /** The numbers of a SEARCH response, which come here instead. */
  readonly numbers?: readonly number[] | undefined;
}

/** The tagged answer to a command. */
export interface Reply {
  readonly status: 'OK' | 'NO' | 'BAD';
  /** The response code's elements, e.g. `APPENDUID`, `1`, `17`; empty without one. */
  readonly code: readonly WireToken[];
  readonly text: string;
}

function isParsed(value: unknown): value is Parsed {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'command') === 'string';
}

/** Status, code and text of a tagged or untagged status response. */
export function readReply(response: Parsed): Reply {
  const name = response.command.toUpperCase();
  const attributes = response.attributes ?? [];
  const code = asSection(attributes[0]) ?? [];
  const words = attributes.flatMap((token) => (asList(token) === null ? [asText(token) ?? ''] : []));
  const text = words.join(' ').trim();
  return { status: name === 'OK' ? 'OK' : name === 'NO' ? 'NO' : 'BAD', code, text };
}

/** True when the response code is of this name. */
export function hasCode(reply: Reply, name: string): boolean {
  return asKeyword(reply.code[0]) === name;
}

/** The tagged NO or BAD that imapflow made an error of; null: it is another error. */
export function refusalReply(error: unknown): Reply | null {
  const status = errorField(error, 'responseStatus');
  if ((status !== 'NO' && status !== 'BAD') || errorField(error, 'code') === 'ETHROTTLE') return null;
  const response: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'response') : null;
  return isParsed(response)
    ? readReply(response)
    : { status, code: [], text: errorField(error, 'responseText') };
}
