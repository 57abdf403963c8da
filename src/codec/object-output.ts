import { createHash } from 'node:crypto';
import { sha256, type Sha256 } from '../domain/brands.ts';
import { compressFrame, type FrameCompression } from '../format/frames.ts';
import { releaseBehind } from '../format/dead-buffers.ts';
import type { FrameRange } from './body-writer.ts';
import { SpoolOutput } from './spool-file.ts';

/** An archive object on its way into the spool, with its length and digest so far. */
export class ObjectOutput {
  readonly #file: SpoolOutput;
  readonly #hash = createHash('sha256');
  #length = 0;

  /** @throws MothballError `store`. */
  constructor(path: string) {
    this.#file = new SpoolOutput(path);
  }

  get length(): number {
    return this.#length;
  }

  /** Appends bytes and returns where they are. @throws MothballError `store`. */
  append(data: Uint8Array): FrameRange {
    const offset = this.#length;
    this.#file.write(data);
    this.#hash.update(data);
    this.#length += data.length;
    return { offset, length: data.length };
  }

  /** Appends bytes as one frame. @throws MothballError `store`. */
  appendFrame(plain: Uint8Array, compression: FrameCompression): FrameRange {
    const frame = compressFrame(plain, compression);
    const range = this.append(frame);
    if (compression !== 'none') releaseBehind(frame);
    return range;
  }

  /** Makes the file durable. @throws MothballError `store`. */
  finish(): { readonly bytes: number; readonly sha256: Sha256 } {
    this.#file.close();
    return { bytes: this.#length, sha256: sha256(this.#hash.digest('hex')) };
  }

  discard(): void {
    this.#file.discard();
  }
}
