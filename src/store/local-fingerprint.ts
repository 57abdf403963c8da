import { lstat } from 'node:fs/promises';

/** File systems count in ticks of up to 10 ms: two changes within one may leave the same times. */
const tickNs = 50_000_000n;

/** Null: it is no file, or it was changed just now. @throws the system's error. */
export async function localFingerprint(path: string): Promise<string | null> {
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const found = await lstat(path, { bigint: true });
  const { dev, ino, size, mtimeNs, ctimeNs } = found;
  if (!found.isFile() || ctimeNs > nowNs - tickNs) return null;
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}
