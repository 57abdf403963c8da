import { MothballError } from '../../errors.ts';
import type { Bucket } from './bucket.ts';

/** Silences of the longest that is allowed after which what came must have come at the least rate. */
const mostIntervals = 30;
/** In bytes a second, over all the time that the server was waited for. */
const leastRate = 1024;

/** Waits for the pieces of a body, and ends one that trickles: a byte now and then is no answer. */
export class LeastRate {
  readonly #bucket: Bucket;
  readonly #key: string;
  #bytes = 0;
  #waitedMs = 0;

  constructor(bucket: Bucket, key: string) {
    this.#bucket = bucket;
    this.#key = key;
  }

  /** The pieces as they come. What our own side does between them costs the server nothing. @throws `store`. */
  async *pieces(body: AsyncIterable<unknown>): AsyncGenerator {
    const iterator = body[Symbol.asyncIterator]();
    for (;;) {
      const begun = performance.now();
      const next = await iterator.next();
      this.#waitedMs += performance.now() - begun;
      if (next.done === true) return;
      if (next.value instanceof Uint8Array) this.#bytes += next.value.length;
      this.#require();
      yield next.value;
    }
  }

  #require(): void {
    const { name, bucket, options } = this.#bucket;
    const seconds = this.#waitedMs / 1000;
    if (this.#waitedMs < mostIntervals * options.requestTimeoutMs || this.#bytes >= leastRate * seconds)
      return;
    throw new MothballError(
      {
        fact: `store "${name}": bucket ${bucket}: ${JSON.stringify(this.#key)} came too slowly to be read: ${this.#bytes} bytes in ${Math.round(seconds)} s`,
        notDone: 'no mail is deleted based on it',
        remedy: 'Check the server and the network before it, then run again',
      },
      { code: 'store', retryable: true },
    );
  }
}
