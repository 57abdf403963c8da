import { Buffer } from 'node:buffer';
import type { ZipEntryData } from 'archiver';
import { MothballError } from '../errors.ts';
import { frameTarget } from '../format/frames.ts';
import { emlName } from '../format/member-name.ts';
import { descriptorLength, readDescriptor, readLocalHeader } from '../format/zip-records.ts';
import type { NewMessage } from '../ports/codec.ts';
import { ArchiverStream } from './archiver-stream.ts';
import type { BodyMessage, BodyWriter, FrameRange, Placement } from './body-writer.ts';
import { FrameBuffer } from './frame-buffer.ts';
import type { HeaderSummary } from './header-summary.ts';
import type { LargeMessage } from './large-message.ts';
import type { ObjectOutput } from './object-output.ts';

/** The largest that fits without ZIP64, which not everything opens. */
const longestMember = 2 ** 32 - 2;

/** One .eml file per message in a zip. The data of each member is a frame. */
export class ZipWriter implements BodyWriter {
  readonly #output: ObjectOutput;
  readonly #deflates: boolean;
  readonly #directory: string;
  readonly #archive: ArchiverStream;
  /** archiver writes a header in a dozen pieces. */
  readonly #buffer = new FrameBuffer();

  private constructor(output: ObjectOutput, deflates: boolean, directory: string, archive: ArchiverStream) {
    this.#output = output;
    this.#deflates = deflates;
    this.#directory = directory;
    this.#archive = archive;
  }

  /** `directory` is the path of the files in the zip. Only now is archiver loaded. */
  static async open(
    output: ObjectOutput,
    compression: 'deflate' | 'none',
    directory: string,
  ): Promise<ZipWriter> {
    const { ZipArchive } = await import('archiver');
    const deflates = compression === 'deflate';
    const archive = new ZipArchive({ store: !deflates, zlib: { level: deflates ? 6 : 0 } });
    return new ZipWriter(output, deflates, directory, new ArchiverStream(archive));
  }

  async together(messages: readonly BodyMessage[]): Promise<readonly Placement[]> {
    const placed: Placement[] = [];
    for (const { message, header, data } of messages) {
      // archiver would store an empty member behind a flag that promises deflate.
      const store = !this.#deflates || data.length === 0;
      const entry = this.#entry(message, header, data.length, store);
      placed.push(await this.#member(data.length, (sink) => this.#archive.bytes(data, entry, sink)));
    }
    this.#flush();
    return placed;
  }

  async large(large: LargeMessage, header: HeaderSummary): Promise<Placement> {
    if (large.length > longestMember) {
      throw new MothballError(
        {
          fact: `the message with UID ${large.message.uid} has ${large.length} bytes, more than a zip holds`,
          notDone: 'it was not archived',
          remedy: 'Use format mbox or maildir-tar',
        },
        { code: 'unsupported' },
      );
    }
    if (large.length === 0) {
      const [placed] = await this.together([{ message: large.message, header, data: new Uint8Array() }]);
      if (placed !== undefined) return placed;
    }
    // What is stored needs its check sum in front, which archiver has only of what is in memory, and
    // no one opens a stored member with the check sum behind it: so it is deflated, at level 0.
    const entry = this.#entry(large.message, header, large.length, false);
    const placed = await this.#member(large.length, (sink) =>
      this.#archive.file(large, entry, (piece) => {
        sink(piece);
      }),
    );
    this.#flush();
    return placed;
  }

  async finish(): Promise<void> {
    await this.#archive.finalize((piece) => this.#write(piece));
    this.#flush();
  }

  discard(): void {
    this.#archive.discard();
  }

  async #member(size: number, add: (sink: (piece: Uint8Array) => void) => Promise<void>): Promise<Placement> {
    const start = this.#output.length + this.#buffer.length;
    const member = new Member();
    await add((piece) => {
      member.push(piece);
      this.#write(piece);
    });
    const { offset, length } = member.data();
    return {
      crlf: false,
      addedNewline: false,
      frame: { offset: start + offset, length },
      stored: { offset: 0, length: size },
    };
  }

  #write(piece: Uint8Array): void {
    if (this.#buffer.length + piece.length > frameTarget) this.#flush();
    this.#buffer.add(piece);
  }

  #flush(): void {
    this.#output.append(this.#buffer.bytes);
    this.#buffer.clear();
  }

  #entry(message: NewMessage, { from, subject }: HeaderSummary, size: number, store: boolean): ZipEntryData {
    const name = emlName({ ...message, from, subject, size });
    return { name: `${this.#directory}/${name}`, date: message.internalDate, mode: 0o600, store };
  }
}

/** Enough for a local header with the longest name there is. */
const headLength = 1024;

/** Watches one member go by and finds its data. */
class Member {
  readonly #head = Buffer.alloc(headLength);
  #tail: Buffer = Buffer.alloc(0);
  #length = 0;

  push(piece: Uint8Array): void {
    if (this.#length < headLength) this.#head.set(piece.subarray(0, headLength - this.#length), this.#length);
    this.#tail = Buffer.concat([this.#tail, piece.subarray(-descriptorLength)]).subarray(-descriptorLength);
    this.#length += piece.length;
  }

  data(): FrameRange {
    const header = readLocalHeader(this.#head);
    const after = header.sizes === null ? descriptorLength : 0;
    const length = this.#length - header.length - after;
    const sizes = header.sizes ?? readDescriptor(this.#tail);
    if (sizes.compressed !== length) {
      throw new TypeError(`archiver wrote ${length} bytes of data and announced ${sizes.compressed}`);
    }
    return { offset: header.length, length };
  }
}
