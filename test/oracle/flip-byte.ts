import { chmodSync, readFileSync, writeFileSync } from 'node:fs';

/** The same bytes with one bit of the middle byte changed. */
export function flipped(data: Buffer): Buffer {
  const copy = Buffer.from(data);
  const middle = Math.floor(copy.length / 2);
  copy.writeUInt8(copy.readUInt8(middle) ^ 1, middle);
  return copy;
}

/** Changes one bit of a file, in place, as a failing disk does. */
export function flipByte(path: string): void {
  const data = flipped(readFileSync(path));
  chmodSync(path, 0o600);
  writeFileSync(path, data);
}
