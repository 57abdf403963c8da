import { Buffer } from 'node:buffer';
import { MothballError } from '../errors.ts';
import { MboxrdDecoder } from '../format/mboxrd.ts';
import { Scratch } from '../format/scratch.ts';
import { MessageCheck } from './message-check.ts';
import type { CheckedLine } from './message-check.ts';

/** Receives the messages of a frame in order. `place` counts from 0 inside the frame. */
export interface MessageSink {
  /** Decoded bytes of a message; may be a view of memory that is used again. */
  piece(place: number, data: Uint8Array): void;
  /** The message is complete; `fault` says what is wrong with it, null that it is as recorded. */
  end(place: number, fault: string | null): void;
}

const fromStart = Buffer.from('From ');
const lf = 0x0a;

/** Takes the decompressed bytes of a frame, in pieces, apart into checked messages. */
export class FrameSplitter {
  readonly #lines: readonly CheckedLine[];
  readonly #sink: MessageSink;
  readonly #scratch = new Scratch();
  #place = 0;
  /** Offset in the decompressed frame. */
  #at = 0;
  /** Where the current From_ line began, and the last octet seen of it. */
  #lineStart = 0;
  #lastByte = 0;
  #message: { readonly decoder: MboxrdDecoder; readonly check: MessageCheck } | null = null;

  constructor(lines: readonly CheckedLine[], sink: MessageSink) {
    this.#lines = lines;
    this.#sink = sink;
  }

  /** @throws MothballError `verify` when the frame is not laid out as its lines say. */
  push(piece: Uint8Array): void {
    for (let done = 0; done < piece.length;) {
      const line = this.#lines[this.#place];
      if (line === undefined) throw damaged('it goes on after its last message');
      done +=
        this.#at < line.stored.offset ? this.#fromLine(piece, done, line) : this.#stored(piece, done, line);
    }
  }

  /** @throws MothballError `verify` when messages are missing. */
  end(): void {
    if (this.#place !== this.#lines.length) throw damaged('it ends before its last message does');
  }

  /** `From `, anything but LF, LF up to where the stored message begins. */
  #fromLine(piece: Uint8Array, from: number, line: CheckedLine): number {
    const part = piece.subarray(from, from + line.stored.offset - this.#at);
    for (const byte of part) {
      const place = this.#at - this.#lineStart;
      const last = this.#at === line.stored.offset - 1;
      const expected = place < fromStart.length ? byte === fromStart[place] : (byte === lf) === last;
      if (!expected) throw damaged(`no From line before its message ${this.#place + 1}`);
      this.#at++;
    }
    this.#lastByte = part.at(-1) ?? this.#lastByte;
    return part.length;
  }

  #stored(piece: Uint8Array, from: number, line: CheckedLine): number {
    if (this.#message === null) {
      if (this.#lastByte !== lf || this.#at !== line.stored.offset) throw damaged('its messages overlap');
      const decoder = new MboxrdDecoder(line, line.stored.length, this.#scratch);
      this.#message = { decoder, check: new MessageCheck(line) };
    }
    const end = line.stored.offset + line.stored.length;
    const part = piece.subarray(from, from + end - this.#at);
    this.#deliver(this.#message.decoder.push(part), this.#message.check);
    this.#at += part.length;
    if (this.#at === end) this.#finish(this.#message);
    return part.length;
  }

  #finish(message: { readonly decoder: MboxrdDecoder; readonly check: MessageCheck }): void {
    this.#deliver(message.decoder.end(), message.check);
    this.#sink.end(this.#place, message.check.end());
    this.#message = null;
    this.#place++;
    this.#lineStart = this.#at;
    this.#lastByte = 0;
  }

  #deliver(piece: Uint8Array, check: MessageCheck): void {
    if (piece.length === 0) return;
    check.push(piece);
    this.#sink.piece(this.#place, piece);
  }
}

function damaged(why: string): MothballError {
  return new MothballError(`a frame of the archive is damaged: ${why}`, { code: 'verify' });
}
