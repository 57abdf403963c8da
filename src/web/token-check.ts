import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** A token's source, read again when it may have changed. */
export interface TokenSource {
  /** Path of its file; null for other sources. */
  readonly file: string | null;
  /** @throws MothballError when the source can't be read. */
  read(): Promise<string>;
}

/** How long a token read from a file, or from another source (a command may be slow), is used; milliseconds. */
const fileAgeMs = 1_000;
const otherAgeMs = 30_000;

interface Reading {
  readonly token: TokenSource;
  readonly at: number;
  readonly value: Promise<Buffer>;
}

/** Compares what a visitor sent with a token, in a time that reveals nothing of it. */
export class TokenCheck {
  readonly #key = randomBytes(32);
  readonly #now: () => number;
  #reading: Reading | null = null;

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @throws MothballError when the token can't be read: then no one gets in. */
  async matches(token: TokenSource, sent: string): Promise<boolean> {
    const expected = await this.#current(token);
    // Digests under a key of this process have one length, whatever was sent.
    return timingSafeEqual(this.#digest(sent), expected);
  }

  #current(token: TokenSource): Promise<Buffer> {
    const known = this.#reading;
    const ageMs = token.file === null ? otherAgeMs : fileAgeMs;
    const now = this.#now();
    if (known !== null && known.token === token && Math.abs(now - known.at) < ageMs) return known.value;
    const value = token.read().then((text) => this.#digest(text));
    const reading = { token, at: now, value };
    this.#reading = reading;
    // A source that failed is asked again by the next visitor.
    value.catch(() => {
      if (this.#reading === reading) this.#reading = null;
    });
    return value;
  }

  #digest(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}
