/** A quoted string in which only `\"` and `\\` are escapes (RFC 9051 §9). */
const quoted = String.raw`"(?:[^"\\\r\n]|\\["\\])*"`;
/** An atom: no blank, control, quote, parenthesis, brace, wildcard or backslash. 8-bit names are met. */
const bare = String.raw`[^\x00-\x20\x7f"(){%*\\]+`;
/** The parser has the bytes of a literal; here its length is enough. */
const literal = String.raw`\{\d+\+?\}`;
const delimiter = String.raw`(?:"(?:[^"\\\r\n]|\\["\\])?"|NIL)`;
/** LIST-EXTENDED (RFC 5258) adds one more list. */
const line = new RegExp(
  String.raw`^\* LIST \([^()]*\) ${delimiter} (?:${quoted}|${bare}|${literal})(?: \(.*\))?\s*$`,
  'is',
);

/**
 * Whether a LIST line means one thing only. The parser forgives an unquoted blank and a lone
 * backslash, and the name that comes out is that of another folder: such a line names nothing.
 */
export function isReadableListLine(payload: Buffer): boolean {
  return line.test(payload.toString('latin1'));
}
