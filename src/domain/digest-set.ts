import type { Sha256 } from './brands.ts';

/** Digests of which there may be millions: in half the memory of their hex digits. */
export class DigestSet {
  readonly #known = new Set<string>();

  has(digest: Sha256): boolean {
    return this.#known.has(packed(digest));
  }

  add(digest: Sha256): void {
    this.#known.add(packed(digest));
  }
}

/** A character for each byte. */
function packed(digest: Sha256): string {
  const bytes: number[] = [];
  for (let at = 0; at < digest.length; at += 2) bytes.push(Number.parseInt(digest.slice(at, at + 2), 16));
  return String.fromCharCode(...bytes);
}
