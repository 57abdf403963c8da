/**
 * Mailbox names in modified UTF-7 (RFC 3501 §5.1.3), decoded to Unicode so that every raw name has
 * one path and every path leads back to its raw name, whatever bytes a server uses. A name that
 * is not proper modified UTF-7 is kept byte by byte: `&`, control bytes and those over 0x7e become private-use
 * characters U+F700 + byte, which no properly encoded name decodes to here.
 */
const escapeBase = 0xf700;

/** The path of a raw mailbox name. */
export function decodeMailboxName(raw: Buffer): string {
  const text = raw.toString('latin1');
  const decoded = decodeUtf7(text);
  if (decoded !== null && !hasEscape(decoded) && encodeUtf7(decoded) === text) return decoded;
  return [...raw]
    .map((octet) =>
      octet === 0x26 || octet < 0x20 || octet > 0x7e ? escapeOf(octet) : String.fromCharCode(octet),
    )
    .join('');
}

/** The raw mailbox name of a path. */
export function encodeMailboxName(path: string): Buffer {
  const codes = Array.from({ length: path.length }, (_, index) => path.charCodeAt(index));
  const escaped = hasEscape(path) && codes.every((code) => code <= 0x7e || (code & 0xff00) === escapeBase);
  return escaped ? Buffer.from(codes.map((code) => code & 0xff)) : Buffer.from(encodeUtf7(path), 'latin1');
}

function escapeOf(octet: number): string {
  return String.fromCharCode(escapeBase + octet);
}

function hasEscape(text: string): boolean {
  return /[\uf700-\uf7ff]/.test(text);
}

/** Null when the text is not modified UTF-7. */
function decodeUtf7(text: string): string | null {
  if (/[^\x20-\x7e]/.test(text)) return null;
  let valid = true;
  const decoded = text.replace(/&([^-]*)(-?)/g, (_, body: string, end: string) => {
    if (end === '' || !/^[A-Za-z0-9+,]*$/.test(body)) valid = false;
    if (!valid) return '';
    if (body === '') return '&';
    const octets = Buffer.from(body.replaceAll(',', '/'), 'base64');
    if (octets.length === 0 || octets.length % 2 === 1) valid = false;
    return valid ? Buffer.from(octets).swap16().toString('utf16le') : '';
  });
  return valid && decoded.isWellFormed() ? decoded : null;
}

function encodeUtf7(path: string): string {
  return path.replace(/&|[^\x20-\x7e]+/g, (part) => {
    if (part === '&') return '&-';
    const base64 = Buffer.from(part, 'utf16le').swap16().toString('base64');
    return `&${base64.replace(/=+$/, '').replaceAll('/', ',')}-`;
  });
}
