import type { FrameCompression } from '../format/frames.ts';
import { fromLine } from '../format/from-line.ts';
import { encodeMboxrd, MboxrdEncoder } from '../format/mboxrd.ts';
import { Scratch } from '../format/scratch.ts';
import type { BodyMessage, BodyWriter, Placement } from './body-writer.ts';
import { FrameBuffer } from './frame-buffer.ts';
import { FrameStream } from './frame-stream.ts';
import type { HeaderSummary } from './header-summary.ts';
import type { LargeMessage } from './large-message.ts';
import type { ObjectOutput } from './object-output.ts';

/** One mbox file (mboxrd), cut into frames. */
export class MboxWriter implements BodyWriter {
  readonly #output: ObjectOutput;
  readonly #compression: FrameCompression;
  readonly #frame = new FrameBuffer();
  readonly #scratch = new Scratch();

  constructor(output: ObjectOutput, compression: FrameCompression) {
    this.#output = output;
    this.#compression = compression;
  }

  async together(messages: readonly BodyMessage[]): Promise<readonly Placement[]> {
    const frame = this.#frame;
    frame.clear();
    const placed = messages.map(({ message, header, data }) => {
      frame.add(fromLine(header.sender, message.internalDate));
      const { crlf, addedNewline, pieces } = encodeMboxrd(data, this.#scratch);
      const offset = frame.length;
      for (const piece of pieces) frame.add(piece);
      return { crlf, addedNewline, stored: { offset, length: frame.length - offset } };
    });
    const range = this.#output.appendFrame(frame.bytes, this.#compression);
    return placed.map((placement) => ({ ...placement, frame: range }));
  }

  async large(message: LargeMessage, header: HeaderSummary): Promise<Placement> {
    const start = this.#output.length;
    const line = fromLine(header.sender, message.message.internalDate);
    const encoder = new MboxrdEncoder(message.crlf);
    const stream = new FrameStream(this.#compression, (data) => this.#output.append(data));
    let length = 0;
    const write = async (piece: Uint8Array): Promise<void> => {
      length += piece.length;
      await stream.write(piece);
    };
    try {
      await stream.write(line);
      for (const chunk of message.chunks()) await write(encoder.push(chunk));
      const end = encoder.end();
      for (const piece of end.pieces) await write(piece);
      await stream.end();
      return {
        crlf: message.crlf,
        addedNewline: end.addedNewline,
        frame: { offset: start, length: this.#output.length - start },
        stored: { offset: line.length, length },
      };
    } finally {
      stream.discard();
    }
  }

  async finish(): Promise<void> {}

  discard(): void {}
}
