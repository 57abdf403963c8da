import { Buffer } from 'node:buffer';

/** Octets in one encoded word: 12 characters around 52 of base64 leave room for the field's name in 76 (RFC 2047 §2). */
const octetsPerWord = 39;
/** Longest text that fits in one line unencoded. */
const longestPlain = 60;

/** Unstructured text of a header field (RFC 5322 §3.2.5), in encoded words where it must be; without line ends but its own folds. */
export function headerText(text: string): string {
  return isPlain(text) ? text : encodedWords(text);
}

/** A display name (RFC 5322 §3.4). */
export function headerName(name: string): string {
  return isPlain(name) ? `"${name.replaceAll(/["\\]/g, String.raw`\$&`)}"` : encodedWords(name);
}

/** Nothing in it is or looks like anything but letters (RFC 2047 §7). */
function isPlain(text: string): boolean {
  return text.length <= longestPlain && /^[!-~](?:[ -~]*[!-~])?$/.test(text) && !text.includes('=?');
}

/** Base64 words (RFC 2047 §4.1), each of whole characters (§5), folded. Control characters become spaces. */
function encodedWords(text: string): string {
  const words: string[] = [];
  let word = '';
  for (const character of text.toWellFormed().replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')) {
    if (Buffer.byteLength(word + character) > octetsPerWord) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map((part) => `=?utf-8?B?${Buffer.from(part).toString('base64')}?=`).join('\r\n ');
}
