/** How a part ends before its literal, and how it does when the literal does not wait (LITERAL+, RFC 7888). */
const literalEnd = Buffer.from('}\r\n');
const nonSynchronizing = Buffer.from('+}\r\n');

/**
 * Writes the first part of a command, and those that imapflow keeps until the server lets it go on, in
 * one go; takes them out of `parts`. False: they are not what imapflow makes.
 */
export function writeTogether(first: Buffer, parts: unknown, write: (part: Buffer) => unknown): boolean {
  if (!Array.isArray(parts)) return false;
  let part = first;
  // imapflow ends the line after the last part only: the next one is taken when this one is out.
  while (parts.length > 0) {
    const next: unknown = parts[0];
    if (!part.subarray(-literalEnd.length).equals(literalEnd) || !Buffer.isBuffer(next)) return false;
    write(part.subarray(0, -literalEnd.length));
    write(nonSynchronizing);
    part = next;
    parts.shift();
  }
  write(part);
  return true;
}
