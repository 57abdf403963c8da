import { asKeyword, asList, asSection, asText } from './wire-token.ts';
import type { Parsed, Reply } from './wire.ts';

export function isParsed(value: unknown): value is Parsed {
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
