import type { Sha256 } from './brands.ts';

const digestLength = 32;

/** Digests of which there may be millions: about 50 bytes are kept of each. A hash table of their bytes. */
export class DigestSet {
  #slots = 64;
  #bytes = new Uint8Array(this.#slots * digestLength);
  #filled = new Uint8Array(this.#slots);
  #count = 0;

  has(digest: Sha256): boolean {
    return this.#filled[this.#slotOf(bytesOf(digest))] === 1;
  }

  add(digest: Sha256): void {
    if (this.#count * 4 >= this.#slots * 3) this.#grow();
    this.#put(bytesOf(digest));
  }

  #put(bytes: Uint8Array): void {
    const slot = this.#slotOf(bytes);
    if (this.#filled[slot] === 1) return;
    this.#bytes.set(bytes, slot * digestLength);
    this.#filled[slot] = 1;
    this.#count += 1;
  }

  /** Where it is, or would be. */
  #slotOf(bytes: Uint8Array): number {
    const [a = 0, b = 0, c = 0, d = 0] = bytes;
    let slot = (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) % this.#slots;
    while (this.#filled[slot] === 1 && !this.#isAt(slot, bytes)) slot = (slot + 1) % this.#slots;
    return slot;
  }

  #isAt(slot: number, bytes: Uint8Array): boolean {
    const start = slot * digestLength;
    return bytes.every((byte, index) => this.#bytes[start + index] === byte);
  }

  #grow(): void {
    const [bytes, filled] = [this.#bytes, this.#filled];
    this.#slots *= 2;
    this.#bytes = new Uint8Array(this.#slots * digestLength);
    this.#filled = new Uint8Array(this.#slots);
    this.#count = 0;
    for (const [slot, used] of filled.entries())
      if (used === 1) this.#put(bytes.subarray(slot * digestLength, (slot + 1) * digestLength));
  }
}

function bytesOf(digest: Sha256): Uint8Array {
  return Uint8Array.from({ length: digestLength }, (_, index) =>
    Number.parseInt(digest.slice(2 * index, 2 * index + 2), 16),
  );
}
