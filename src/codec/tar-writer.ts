import { statSync } from 'node:fs';
import type { EntryData } from 'archiver';
import type { FrameCompression } from '../format/frames.ts';
import { maildirName } from '../format/member-name.ts';
import { isTarEnd, TarWalk } from '../format/tar-walk.ts';
import type { NewMessage } from '../ports/codec.ts';
import { ArchiverStream } from './archiver-stream.ts';
import type { BodyMessage, BodyWriter, FrameRange, Placement } from './body-writer.ts';
import { FrameBuffer } from './frame-buffer.ts';
import { FrameStream } from './frame-stream.ts';
import type { HeaderSummary } from './header-summary.ts';
import type { LargeMessage } from './large-message.ts';
import type { ObjectOutput } from './object-output.ts';

const asDelivered = { crlf: false, addedNewline: false } as const;

/** A Maildir in a tar that is cut into frames at member borders; a frame of its own ends the tar. */
export class TarWriter implements BodyWriter {
  readonly #output: ObjectOutput;
  readonly #compression: FrameCompression;
  readonly #directory: string;
  readonly #archive: ArchiverStream;
  readonly #frame = new FrameBuffer();
  #begun = false;

  private constructor(
    output: ObjectOutput,
    compression: FrameCompression,
    directory: string,
    archive: ArchiverStream,
  ) {
    this.#output = output;
    this.#compression = compression;
    this.#directory = directory;
    this.#archive = archive;
  }

  /** `directory` is the path of the Maildir in the tar. Only now is archiver loaded. */
  static async open(
    output: ObjectOutput,
    compression: FrameCompression,
    directory: string,
  ): Promise<TarWriter> {
    const { TarArchive } = await import('archiver');
    return new TarWriter(output, compression, directory, new ArchiverStream(new TarArchive()));
  }

  async together(messages: readonly BodyMessage[]): Promise<readonly Placement[]> {
    const frame = this.#frame;
    frame.clear();
    const places = new Places();
    const sink = (piece: Uint8Array): void => {
      places.push(piece);
      frame.add(piece);
    };
    const [first] = messages;
    if (first !== undefined) await this.#begin(first.message, sink);
    for (const { message, header, data } of messages) {
      await this.#archive.bytes(data, this.#entry(message, header, data.length), sink);
    }
    const range = this.#output.appendFrame(frame.bytes, this.#compression);
    return places.of(messages.length).map((stored) => ({ ...asDelivered, frame: range, stored }));
  }

  async large(large: LargeMessage, header: HeaderSummary): Promise<Placement> {
    const start = this.#output.length;
    const places = new Places();
    const stream = new FrameStream(this.#compression, (data) => this.#output.append(data));
    const sink = async (piece: Uint8Array): Promise<void> => {
      places.push(piece);
      await stream.write(piece);
    };
    try {
      await this.#begin(large.message, sink);
      // With a file's own size archiver streams it; without, it would gather it in memory.
      const entry = { ...this.#entry(large.message, header, large.length), stats: statSync(large.path) };
      await this.#archive.file(large, entry, sink);
      await stream.end();
    } finally {
      stream.discard();
    }
    const [stored] = places.of(1);
    if (stored === undefined) throw new TypeError('the large message is not in its frame');
    return { ...asDelivered, frame: { offset: start, length: this.#output.length - start }, stored };
  }

  async finish(): Promise<void> {
    const frame = this.#frame;
    frame.clear();
    await this.#archive.finalize((piece) => frame.add(piece));
    if (!isTarEnd(frame.bytes)) throw new TypeError('archiver ended the tar with something else than zeros');
    this.#output.appendFrame(frame.bytes, this.#compression);
  }

  discard(): void {
    this.#archive.discard();
  }

  /** Readers want all three directories of a Maildir, also the empty ones. */
  async #begin(
    { internalDate: date }: NewMessage,
    sink: (piece: Uint8Array) => Promise<void> | void,
  ): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    for (const part of ['cur', 'new', 'tmp']) {
      const name = `${this.#directory}/${part}/`;
      await this.#archive.bytes(new Uint8Array(), { name, type: 'directory', date, mode: 0o700 }, sink);
    }
  }

  #entry(message: NewMessage, { from, subject }: HeaderSummary, size: number): EntryData {
    const name = maildirName({ ...message, from, subject, size });
    return { name: `${this.#directory}/cur/${name}`, date: message.internalDate, mode: 0o600 };
  }
}

/** Where the contents of files are in a stretch of tar, as `tar` itself would see it. */
class Places {
  readonly #walk = new TarWalk();
  readonly #found: FrameRange[] = [];
  #at = 0;
  #inside = false;

  push(piece: Uint8Array): void {
    for (let done = 0; done < piece.length;) {
      done += this.#walk.push(piece.subarray(done));
      const { left } = this.#walk;
      if (left === null) continue;
      if (!this.#inside) this.#found.push({ offset: this.#at + done, length: left });
      const part = Math.min(left, piece.length - done);
      this.#walk.passed(part);
      done += part;
      this.#inside = this.#walk.left !== null;
    }
    this.#at += piece.length;
  }

  of(count: number): readonly FrameRange[] {
    if (this.#found.length !== count || !this.#walk.atBorder) {
      throw new TypeError(`archiver wrote ${this.#found.length} members of ${count} to the tar`);
    }
    return this.#found;
  }
}
