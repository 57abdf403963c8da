import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { Archiver, EntryData, ZipEntryData } from 'archiver';
import type { LargeMessage } from './large-message.ts';

/** Takes the bytes of the archive; a promise holds the next ones back until it resolves. */
type Sink = (piece: Uint8Array) => Promise<void> | void;

const readChunk = 256 * 1024;

/**
 * One of archiver's streams, driven member by member: when a call resolves, all that it made has
 * gone to its sink, and nothing of the next member has.
 */
export class ArchiverStream {
  readonly #archive: Archiver;
  #sink: Sink = () => undefined;
  #held: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;
  #reject: (error: unknown) => void = () => undefined;

  constructor(archive: Archiver) {
    this.#archive = archive;
    archive.on('data', (piece: Buffer) => this.#take(piece));
    archive.on('error', (error) => this.#fail(error));
    archive.on('warning', (error) => this.#fail(error));
  }

  /** Adds a member whose bytes are in memory; done with them when it resolves. */
  async bytes(data: Uint8Array, entry: EntryData | ZipEntryData, sink: Sink): Promise<void> {
    const view = Buffer.from(data.buffer, data.byteOffset, data.length);
    await this.#until(sink, (done) => this.#archive.once('entry', done).append(view, entry));
  }

  /** Adds a large message from its file. */
  async file(message: LargeMessage, entry: EntryData | ZipEntryData, sink: Sink): Promise<void> {
    const source = createReadStream(message.path, { highWaterMark: readChunk });
    // archiver pipes it through a stream of its own, which would wait for ever.
    source.once('error', (error) => this.#fail(error));
    try {
      await this.#until(sink, (done) => this.#archive.once('entry', done).append(source, entry));
    } finally {
      source.destroy();
    }
  }

  /** Writes what the archive ends with. */
  async finalize(sink: Sink): Promise<void> {
    await this.#until(sink, (done) => {
      this.#archive.once('end', done);
      this.#archive.finalize().catch((error: unknown) => this.#fail(error));
    });
  }

  /**
   * Gives up. The streams are left to the collector, they hold no file: destroyed in the middle of a
   * member, a tar throws where nobody can catch it.
   */
  discard(): void {
    this.#failure ??= { error: new TypeError('the archive was given up') };
    this.#sink = () => undefined;
  }

  async #until(sink: Sink, start: (done: () => void) => void): Promise<void> {
    this.#check();
    this.#sink = sink;
    await new Promise<void>((resolve, reject) => {
      this.#reject = reject;
      start(resolve);
    });
    // The last bytes are in the streams between, which pass them on in ticks: an immediate comes
    // after all of those, unless the sink holds them back.
    do {
      await this.#held;
      await setImmediate();
    } while (this.#held !== null);
    this.#check();
  }

  #take(piece: Uint8Array): void {
    try {
      const held = this.#sink(piece);
      if (held !== undefined) this.#hold(held);
    } catch (error) {
      this.#fail(error);
    }
  }

  #hold(held: Promise<void>): void {
    this.#archive.pause();
    this.#held = held
      .catch((error: unknown) => this.#fail(error))
      .then(() => {
        this.#held = null;
        this.#archive.resume();
      });
  }

  #check(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#reject(error);
  }
}
