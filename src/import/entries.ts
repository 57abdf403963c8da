import { sha256 as asSha256, type Sha256 } from '../domain/brands.ts';

/** A message of a source. */
export interface SurveyedMessage {
  readonly folder: string;
  readonly sha256: Sha256;
  readonly size: number;
}

/** Bytes of a SHA-256. */
const digestLength = 32;

/** Entries in order. There may be millions: 48 bytes are kept of each. */
export class Entries implements Iterable<SurveyedMessage> {
  #length = 0;
  #digests: Buffer = Buffer.alloc(digestLength * 64);
  #sizes = new Float64Array(64);
  #places = new Uint32Array(64);
  readonly #folders: string[] = [];
  readonly #placeOf = new Map<string, number>();

  get length(): number {
    return this.#length;
  }

  add({ folder, sha256, size }: SurveyedMessage): void {
    if (this.#length === this.#sizes.length) this.#grow();
    const place = this.#placeOf.get(folder) ?? this.#folders.push(folder) - 1;
    this.#placeOf.set(folder, place);
    this.#digests.write(sha256, this.#length * digestLength, 'hex');
    this.#sizes[this.#length] = size;
    this.#places[this.#length] = place;
    this.#length += 1;
  }

  *[Symbol.iterator](): Generator<SurveyedMessage> {
    for (let at = 0; at < this.#length; at += 1) yield this.#at(at);
  }

  /** Those of one folder; the others cost a comparison of two numbers. */
  *of(folder: string): Generator<SurveyedMessage> {
    const place = this.#placeOf.get(folder);
    for (let at = 0; at < this.#length; at += 1) if (this.#places[at] === place) yield this.#at(at);
  }

  /** Of each folder its sizes, in the order in which the folders came. */
  sizesByFolder(): ReadonlyMap<string, ReadonlySet<number>> {
    const sets = this.#folders.map(() => new Set<number>());
    for (let at = 0; at < this.#length; at += 1) sets[this.#places[at] ?? 0]?.add(this.#sizes[at] ?? 0);
    return new Map(this.#folders.map((folder, place) => [folder, sets[place] ?? new Set()]));
  }

  /** In bytes. */
  get totalSize(): number {
    let total = 0;
    for (let at = 0; at < this.#length; at += 1) total += this.#sizes[at] ?? 0;
    return total;
  }

  #at(at: number): SurveyedMessage {
    const digest = this.#digests.subarray(at * digestLength, (at + 1) * digestLength);
    return {
      folder: this.#folders[this.#places[at] ?? 0] ?? '',
      sha256: asSha256(digest.toString('hex')),
      size: this.#sizes[at] ?? 0,
    };
  }

  /** By half: twice as much would be needed for a moment. */
  #grow(): void {
    const room = Math.ceil(this.#length * 1.5);
    const digests = Buffer.alloc(room * digestLength);
    digests.set(this.#digests);
    this.#digests = digests;
    const sizes = new Float64Array(room);
    sizes.set(this.#sizes);
    this.#sizes = sizes;
    const places = new Uint32Array(room);
    places.set(this.#places);
    this.#places = places;
  }
}
