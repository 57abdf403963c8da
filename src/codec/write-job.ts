import { hash } from 'node:crypto';
import { sha256, type Sha256 } from '../domain/brands.ts';
import { headerLength } from '../format/header-block.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import { folderDirectory } from '../format/member-name.ts';
import type { Packing } from '../format/packing.ts';
import type { NewMessage } from '../ports/codec.ts';
import type { BodyWriter } from './body-writer.ts';
import { summarizeHeader } from './header-summary.ts';
import { LargeMessage } from './large-message.ts';
import { manifestLine } from './manifest-line.ts';
import { MboxWriter } from './mbox-writer.ts';
import { ObjectOutput } from './object-output.ts';
import { TarWriter } from './tar-writer.ts';
import type { NewArchive, SlabMessage } from './write-protocol.ts';
import { ZipWriter } from './zip-writer.ts';

/** One archive object in the making, inside the worker. */
export class WriteJob {
  readonly #about: NewArchive;
  readonly #output: ObjectOutput;
  readonly #body: BodyWriter;
  #large: LargeMessage | null = null;

  private constructor(about: NewArchive, output: ObjectOutput, body: BodyWriter) {
    this.#about = about;
    this.#output = output;
    this.#body = body;
  }

  /** @throws MothballError `store` when the spool file can't be made. */
  static async open(about: NewArchive): Promise<WriteJob> {
    const output = new ObjectOutput(about.paths.archive);
    try {
      return new WriteJob(about, output, await bodyWriter(output, about.packing, about.folder));
    } catch (error) {
      output.discard();
      throw error;
    }
  }

  /** Writes whole messages together. */
  async frame(slab: Uint8Array, messages: readonly SlabMessage[]): Promise<readonly ManifestMessage[]> {
    const { headerNames } = this.#about;
    const described = messages.map(({ message, offset, length }) => {
      const data = slab.subarray(offset, offset + length);
      const block = data.subarray(0, headerLength(data));
      const header = summarizeHeader(block, headerNames);
      const digests = { sha256: digest(data), headerSha256: digest(block) };
      return { message, header, data, digests };
    });
    const placements = await this.#body.together(described);
    return described.flatMap(({ message, header, data, digests }, index) => {
      const placement = placements[index];
      if (placement === undefined) throw new TypeError(`UID ${message.uid} was not written`);
      return manifestLine(message, { ...digests, size: data.length, header, ...placement });
    });
  }

  begin(message: NewMessage): void {
    this.#large?.discard();
    this.#large = new LargeMessage(this.#about.paths.message, message);
  }

  piece(data: Uint8Array): void {
    this.#open().push(data);
  }

  /** Ends the large message; kept, it becomes a frame of its own. */
  async end(keep: boolean): Promise<{ sha256: Sha256; length: number; line: ManifestMessage | null }> {
    const large = this.#open();
    try {
      const { sha256: whole, length } = large.complete();
      if (!keep) return { sha256: whole, length, line: null };
      const header = summarizeHeader(large.header.block, this.#about.headerNames);
      const placement = await this.#body.large(large, header);
      const digests = { sha256: whole, headerSha256: large.header.sha256 };
      const line = manifestLine(large.message, { ...digests, size: length, header, ...placement });
      return { sha256: whole, length, line };
    } finally {
      this.#large = null;
      large.discard();
    }
  }

  async finish(): Promise<{ readonly bytes: number; readonly sha256: Sha256 }> {
    await this.#body.finish();
    return this.#output.finish();
  }

  discard(): void {
    this.#body.discard();
    try {
      this.#large?.discard();
    } finally {
      this.#output.discard();
    }
  }

  #open(): LargeMessage {
    if (this.#large === null) throw new TypeError('no large message was begun');
    return this.#large;
  }
}

async function bodyWriter(
  output: ObjectOutput,
  { format, compression }: Packing,
  folder: readonly string[],
): Promise<BodyWriter> {
  switch (format) {
    case 'mbox':
      return new MboxWriter(output, compression);
    case 'maildir-tar':
      return TarWriter.open(output, compression, folderDirectory(folder));
    case 'eml-zip':
      return ZipWriter.open(output, compression, folderDirectory(folder));
  }
}

function digest(data: Uint8Array): Sha256 {
  return sha256(hash('sha256', data, 'hex'));
}
