import type { ArchiveFormat } from '../domain/policy.ts';
import { MothballError } from '../errors.ts';
import { MboxrdDecoder } from '../format/mboxrd.ts';
import { Scratch } from '../format/scratch.ts';
import { frameGapCheck, type FrameGapCheck } from './frame-gap-check.ts';
import { type CheckedLine, MessageCheck } from './message-check.ts';

/** Receives the messages of a frame in order. `place` counts from 0 inside the frame. */
export interface MessageSink {
  /** Decoded bytes of a message; may be a view of memory that is used again. */
  piece(place: number, data: Uint8Array): void;
  /** The message is complete; `fault` says what is wrong with it, null that it is as recorded. */
  end(place: number, fault: string | null): void;
}

/** Turns a stored message back into its bytes. */
type Decoder = Pick<MboxrdDecoder, 'push' | 'end'>;

const verbatim: Decoder = { push: (piece) => piece, end: () => new Uint8Array() };

/** Takes the decompressed bytes of a frame, in pieces, apart into checked messages. */
export class FrameSplitter {
  readonly #format: ArchiveFormat;
  readonly #lines: readonly CheckedLine[];
  readonly #sink: MessageSink;
  readonly #gaps: FrameGapCheck;
  readonly #scratch = new Scratch();
  #place = 0;
  /** Offset in the decompressed frame. */
  #at = 0;
  #message: { readonly decoder: Decoder; readonly check: MessageCheck } | null = null;

  constructor(format: ArchiveFormat, lines: readonly CheckedLine[], sink: MessageSink) {
    this.#format = format;
    this.#lines = lines;
    this.#sink = sink;
    this.#gaps = frameGapCheck(format);
    this.#beginIfHere();
  }

  /** @throws MothballError `verify` when the frame is not laid out as its lines say. */
  push(piece: Uint8Array): void {
    for (let done = 0; done < piece.length;) {
      const line = this.#lines[this.#place];
      if (line === undefined) {
        this.#gaps.after(piece.subarray(done));
        return;
      }
      const message = this.#message;
      const end = line.stored.offset + (message === null ? 0 : line.stored.length);
      const part = piece.subarray(done, done + end - this.#at);
      this.#at += part.length;
      done += part.length;
      if (message === null) this.#gaps.before(part);
      else {
        this.#gaps.passed(part.length);
        this.#deliver(message.decoder.push(part), message.check);
        if (this.#at === end) this.#finish(message);
      }
      this.#beginIfHere();
    }
  }

  /** @throws MothballError `verify` when messages are missing. */
  end(): void {
    if (this.#place !== this.#lines.length) throw damaged('it ends before its last message does');
    this.#gaps.end();
  }

  /** An empty message begins and ends without an byte of its own. */
  #beginIfHere(): void {
    for (;;) {
      const line = this.#lines[this.#place];
      if (this.#message !== null || line === undefined || this.#at < line.stored.offset) return;
      if (this.#at > line.stored.offset) throw damaged('its messages overlap');
      this.#gaps.begin(line.stored.length);
      const decoder =
        this.#format === 'mbox' ? new MboxrdDecoder(line, line.stored.length, this.#scratch) : verbatim;
      this.#message = { decoder, check: new MessageCheck(line) };
      if (line.stored.length > 0) return;
      this.#finish(this.#message);
    }
  }

  #finish(message: { readonly decoder: Decoder; readonly check: MessageCheck }): void {
    this.#deliver(message.decoder.end(), message.check);
    this.#sink.end(this.#place, message.check.end());
    this.#message = null;
    this.#place++;
  }

  #deliver(piece: Uint8Array, check: MessageCheck): void {
    if (piece.length === 0) return;
    check.push(piece);
    this.#sink.piece(this.#place, piece);
  }
}

function damaged(why: string): MothballError {
  return new MothballError({ fact: `a frame of the archive is damaged: ${why}` }, { code: 'verify' });
}
