import { Buffer } from 'node:buffer';
import { MothballError } from '../errors.ts';
import { type FromPlace, isPartOfMark, leadLength, longestSeparator, separatorAt } from './from-separator.ts';

/** What an mbox file says, in order. Data is as it is in the file, and good until the next call. */
export type MboxEvent =
  | {
      readonly kind: 'start';
      /** Of the From_ line; null: it has none that can be read. */
      readonly date: Date | null;
      /** Of the From_ line in the file. */
      readonly offset: number;
    }
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'end' };

const lf = 0x0a;
const cr = 0x0d;
/** Bytes of a header line that are looked at. */
const longestLength = 64;

/**
 * Cuts an mbox file of any dialect into messages, whatever the borders of the pieces it comes in.
 * A message starts with a From_ line (`separatorAt`); an empty line before it belongs to neither
 * message. Byte order marks and what is blank at the start of the file are skipped. Content-Length
 * (mboxcl) is believed when `leads` says that the message ends there. It holds back an empty line, a line
 * that may become a From_ line and a little of what follows it, never more. Quoting is not undone.
 */
export class MboxReader {
  readonly #leads: (offset: number) => boolean;
  /** Offset in the file of the bytes not worked on yet. */
  #offset = 0;
  #carry = Buffer.alloc(0);
  #state: 'outside' | 'header' | 'body' = 'outside';
  #atLineStart = true;
  /** Bytes of a body that Content-Length measures still to come. */
  #measured = 0;
  /** Right after such a body a From_ line needs no empty line before it. */
  #afterMeasured = false;
  #contentLength: number | null = null;
  /** The file starts with NULs, as one does that was never written. */
  #nuls = false;

  /** `leads`: whether a From_ line, an empty line before one, or the end of the file is at this offset. */
  constructor(leads: (offset: number) => boolean = () => false) {
    this.#leads = leads;
  }

  /** @throws `unsupported` when the file does not start with a From_ line. */
  push(piece: Uint8Array): readonly MboxEvent[] {
    return this.#work(piece, false);
  }

  /** The rest. An empty line at the end of the file closes the last message and is not part of it. */
  end(): readonly MboxEvent[] {
    const events = [...this.#work(Buffer.alloc(0), true)];
    if (this.#nuls && this.#state === 'outside') throw noMbox();
    if (this.#state !== 'outside') events.push({ kind: 'end' });
    this.#state = 'outside';
    return events;
  }

  #work(piece: Uint8Array, final: boolean): readonly MboxEvent[] {
    const view = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const bytes = this.#carry.length === 0 ? view : Buffer.concat([this.#carry, view]);
    const events: MboxEvent[] = [];
    let at = this.#state === 'outside' ? this.#skipLead(bytes) : 0;
    const waits = this.#state === 'outside' && !final && isPartOfMark(bytes.subarray(at));
    const end = waits ? at : bytes.length;
    /** Start of the data not passed on yet. */
    let passed = at;
    const passOn = (to: number): void => {
      if (to > passed && this.#state !== 'outside')
        events.push({ kind: 'data', data: bytes.subarray(passed, to) });
      passed = to;
    };
    while (at < end) {
      if (this.#measured > 0) {
        at = this.#skipMeasured(bytes, at);
        continue;
      }
      if (!this.#atLineStart) {
        at = this.#lineEnd(bytes, at);
        continue;
      }
      const blank = blankLength(bytes, at);
      if (blank === null && !final) break;
      const empty = blank ?? 0;
      const start = separatorAt(bytes, at + empty, this.#place(empty > 0), final);
      if (start === 'more') break;
      if (start !== null) {
        passOn(at);
        if (this.#state !== 'outside') events.push({ kind: 'end' });
        events.push({ kind: 'start', date: start.date, offset: this.#offset + at + empty });
        at = start.next;
        passed = at;
        this.#state = 'header';
        this.#contentLength = null;
        this.#afterMeasured = false;
        continue;
      }
      if (this.#state === 'outside' && empty === 0) throw noMbox();
      if (empty > 0) {
        // An empty line that ends the file separates, as the ones before it do.
        if (final && at + empty === bytes.length) {
          passOn(at);
          passed = bytes.length;
        }
        at += empty;
        if (this.#state === 'header') this.#endHeader(this.#offset + at);
        continue;
      }
      this.#afterMeasured = false;
      if (this.#state === 'header' && !this.#readHeaderLine(bytes, at, final)) break;
      at = this.#lineEnd(bytes, at);
    }
    passOn(at);
    // A copy: the piece is the caller's again after this call.
    this.#carry = Buffer.from(bytes.subarray(at));
    this.#offset += at;
    return events;
  }

  /** After what there is of the body that Content-Length measures. */
  #skipMeasured(bytes: Buffer, at: number): number {
    const length = Math.min(this.#measured, bytes.length - at);
    this.#measured -= length;
    this.#atLineStart = bytes[at + length - 1] === lf;
    this.#afterMeasured = this.#measured === 0;
    return at + length;
  }

  /** Where the first From_ line may be. */
  #skipLead(bytes: Buffer): number {
    const length = leadLength(bytes, 0);
    this.#nuls ||= bytes.subarray(0, length).includes(0);
    return length;
  }

  #place(afterEmpty: boolean): FromPlace {
    if (this.#state === 'outside') return 'first';
    return afterEmpty || this.#afterMeasured ? 'apart' : 'inside';
  }

  /** After the LF that ends the line, or at the end of what is there. */
  #lineEnd(bytes: Buffer, at: number): number {
    const feed = bytes.indexOf(lf, at);
    this.#atLineStart = feed !== -1;
    return feed === -1 ? bytes.length : feed + 1;
  }

  /** False: more bytes are needed to know what the line is. */
  #readHeaderLine(bytes: Buffer, at: number, final: boolean): boolean {
    const line = bytes.subarray(at, at + longestLength);
    if (line.length < longestLength && !line.includes(lf) && !final) return false;
    const found = /^content-length:[ \t]*(\d{1,15})[ \t]*\r?\n/i.exec(line.toString('latin1'));
    if (found !== null) this.#contentLength ??= Number(found[1]);
    return true;
  }

  #endHeader(bodyStart: number): void {
    this.#state = 'body';
    const length = this.#contentLength ?? 0;
    if (length > 0 && this.#leads(bodyStart + length)) this.#measured = length;
  }
}

/** How many bytes around an offset `followsMessage` wants to see. */
export const followLength = longestSeparator + 4;

/** Whether these bytes can follow a message in an mbox file; none are the end of the file. */
export function followsMessage(bytes: Uint8Array): boolean {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  // The last line end of the body may be counted or not; then comes the empty line, or none.
  for (let lines = 0; lines < 2; lines++) at += blankLength(view, at) ?? 0;
  return at === view.length || isStart(separatorAt(view, at, 'apart', true));
}

/** Whether a file that starts with these bytes is an mbox file. */
export function looksLikeMbox(bytes: Uint8Array): boolean {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isStart(separatorAt(view, leadLength(view, 0), 'first', true));
}

function isStart(start: ReturnType<typeof separatorAt>): boolean {
  return start !== null && start !== 'more';
}

/** Bytes of the empty line that starts here, 0 when the line is not empty; null: not to be known yet. */
function blankLength(bytes: Buffer, at: number): number | null {
  if (bytes[at] === lf) return 1;
  if (bytes[at] !== cr) return 0;
  if (at + 1 === bytes.length) return null;
  return bytes[at + 1] === lf ? 2 : 0;
}

function noMbox(): MothballError {
  return new MothballError(
    { fact: 'it is not an mbox file: it does not start with a "From " line that a header follows' },
    {
      code: 'unsupported',
    },
  );
}
