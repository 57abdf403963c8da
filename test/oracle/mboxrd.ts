/**
 * Undoes the byte rule of the archive format for one stored message, separator included. Written
 * from the description of the rule alone and as plainly as possible: this is what the product is
 * measured against.
 */
export function decodeStored(stored: Buffer, crlf: boolean, addedNewline: boolean): Buffer {
  const text = stored.toString('latin1');
  if (!text.endsWith('\n')) throw new Error('a stored message does not end in its separator');
  let body = text.slice(0, -1);
  if (addedNewline) {
    if (!body.endsWith('\n')) throw new Error('a stored message lacks the newline that was added to it');
    body = body.slice(0, -1);
  }
  const lines = body.split('\n').map((line) => (/^>+From /.test(line) ? line.slice(1) : line));
  return Buffer.from(lines.join(crlf ? '\r\n' : '\n'), 'latin1');
}
