import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bytes, type Bytes, type Sha256 } from '../domain/brands.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { Packing } from '../format/packing.ts';
import type { ArchiveWriter, NewMessage, WrittenArchive } from '../ports/codec.ts';
import { release } from '../format/dead-buffers.ts';
import { type Slabs, slabSize } from './slabs.ts';
import type { Link } from './worker-link.ts';
import type { SlabMessage, SpoolPaths, WriteReply, WriteRequest } from './write-protocol.ts';

export interface WriteLink extends Link<WriteRequest, WriteReply> {
  /** Called when nothing more is asked for. */
  ended(): void;
}

export interface WriterSettings {
  readonly packing: Packing;
  readonly folder: readonly string[];
  readonly spoolDir: string;
  readonly headerNames: readonly string[];
}

/** What is gathered on the main thread until it makes a frame, or a piece of a large message. */
interface Filling {
  readonly slab: ArrayBuffer;
  readonly messages: SlabMessage[];
  length: number;
}

let lastJob = 0;

/** Gathers messages to frames and hands them to the worker; never waits while there is room. */
export class ThreadedWriter implements ArchiveWriter {
  readonly #link: WriteLink;
  readonly #slabs: Slabs;
  readonly #job = ++lastJob;
  readonly #paths: SpoolPaths;
  #lines: ManifestMessage[] = [];
  readonly #sent: Promise<void>[] = [];
  readonly #open: Promise<void>;
  #filling: Filling | null = null;
  #large: Filling | null = null;
  #failure: { readonly error: unknown } | null = null;
  #largeLength: number | null = null;
  #rawBytes = 0;
  #manifestText = 0;
  #count = 0;

  constructor(link: WriteLink, slabs: Slabs, settings: WriterSettings) {
    this.#link = link;
    this.#slabs = slabs;
    const base = join(settings.spoolDir, randomUUID());
    this.#paths = { archive: `${base}.archive.spool`, message: `${base}.message.spool` };
    const { packing, folder, headerNames } = settings;
    const about = { paths: this.#paths, packing, folder, headerNames };
    this.#open = this.#track(link.call({ op: 'open', job: this.#job, about }).then(() => undefined));
  }

  get rawBytes(): number {
    return this.#rawBytes;
  }

  get manifestText(): number {
    return this.#manifestText;
  }

  get count(): number {
    return this.#count;
  }

  async add(message: NewMessage, data: Uint8Array): Promise<void> {
    this.#check();
    if (this.#filling !== null && this.#filling.length + data.length > slabSize) this.#sendFrame();
    this.#filling ??= { slab: await this.#slabs.take(data.length), messages: [], length: 0 };
    const filling = this.#filling;
    new Uint8Array(filling.slab).set(data, filling.length);
    const { length } = data;
    filling.messages.push({ message, offset: filling.length, length });
    filling.length += length;
    this.#rawBytes += length;
    this.#count++;
    release(data);
    // What fills a slab must not wait in it: a large message may need the room.
    if (filling.length >= slabSize) this.#sendFrame();
  }

  async begin(message: NewMessage): Promise<void> {
    this.#check();
    if (this.#largeLength !== null) throw new TypeError('a large message is open already');
    this.#largeLength = 0;
    void this.#track(this.#link.call({ op: 'begin', job: this.#job, message }).then(() => undefined));
  }

  async piece(data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length;) {
      this.#check();
      this.#large ??= { slab: await this.#slabs.take(0), messages: [], length: 0 };
      const large = this.#large;
      const part = data.subarray(at, at + slabSize - large.length);
      new Uint8Array(large.slab).set(part, large.length);
      large.length += part.length;
      at += part.length;
      if (large.length === slabSize) this.#sendPiece();
    }
    this.#largeLength = (this.#largeLength ?? 0) + data.length;
    release(data);
  }

  async end(keep: boolean): Promise<{ readonly sha256: Sha256; readonly length: Bytes }> {
    this.#check();
    // The object has its frames in the order of the messages.
    if (keep) this.#sendFrame();
    this.#sendPiece();
    const ended = this.#link.call({ op: 'end', job: this.#job, keep });
    await this.#track(ended.then(() => undefined));
    this.#check();
    const reply = await ended;
    if (reply.op !== 'ended') throw unexpected(reply);
    this.#largeLength = null;
    if (reply.line !== null) {
      this.#lines.push(reply.line);
      this.#manifestText += reply.text;
      this.#count++;
      this.#rawBytes += reply.length;
    }
    return { sha256: reply.sha256, length: bytes(reply.length) };
  }

  async finish(): Promise<WrittenArchive> {
    this.#check();
    if (this.#count === 0) throw new RangeError('an archive holds at least one message');
    this.#sendFrame();
    await Promise.all(this.#sent);
    this.#check();
    const reply = await this.#link.call({ op: 'finish', job: this.#job });
    if (reply.op !== 'finished') throw unexpected(reply);
    const file = { path: this.#paths.archive, bytes: bytes(reply.bytes), sha256: reply.sha256 };
    return { file, messages: this.#lines };
  }

  async abort(): Promise<void> {
    this.#failure ??= { error: new TypeError('the archive was given up') };
    for (const filling of [this.#filling, this.#large]) {
      if (filling !== null) this.#slabs.release(filling.slab.byteLength, filling.slab);
    }
    this.#filling = null;
    this.#large = null;
    // A reference to the writer must not keep thousands of lines alive.
    this.#lines = [];
    await Promise.all([this.#open, ...this.#sent]);
    try {
      await this.#link.call({ op: 'abort', job: this.#job });
    } finally {
      this.#link.ended();
      // Also when the worker died with the files open.
      await Promise.all([this.#paths.archive, this.#paths.message].map(removeFile));
    }
  }

  #sendFrame(): void {
    const filling = this.#filling;
    this.#filling = null;
    if (filling === null) return;
    const { slab, messages } = filling;
    this.#sendSlab({ op: 'frame', job: this.#job, slab, messages }, slab);
  }

  #sendPiece(): void {
    const large = this.#large;
    this.#large = null;
    if (large === null) return;
    this.#sendSlab({ op: 'piece', job: this.#job, slab: large.slab, length: large.length }, large.slab);
  }

  #sendSlab(request: WriteRequest, slab: ArrayBuffer): void {
    const size = slab.byteLength;
    const answered = this.#link.call(request, [slab]).then(
      (reply) => {
        if (reply.op !== 'slab') throw unexpected(reply);
        this.#slabs.release(size, reply.slab);
        this.#lines.push(...reply.lines);
        this.#manifestText += reply.text;
      },
      (error: unknown) => {
        this.#slabs.release(size, null);
        throw error;
      },
    );
    this.#sent.push(this.#track(answered));
  }

  /** Keeps the first failure for the next call to throw; the result never rejects. */
  #track(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => {
      this.#failure ??= { error };
    });
  }

  #check(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}

async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (error) {
    // A directory that is a file holds nothing of ours.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOTDIR')) throw error;
  }
}

function unexpected(reply: WriteReply): TypeError {
  return new TypeError(`the writing thread answered ${reply.op} out of turn`);
}
