import { Buffer } from 'node:buffer';
import { MothballError } from '../errors.ts';
import { fromLineDate, longestFromLine } from './from-date.ts';

/** What an mbox file says, in order. Data is as it is in the file, and good until the next call. */
export type MboxEvent =
  | { readonly kind: 'start'; readonly date: Date }
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'end' };

const lf = 0x0a;
const cr = 0x0d;
const from = Buffer.from('From ');
/** Bytes of a header line that are looked at. */
const longestLength = 64;

/**
 * Cuts an mbox file of any dialect into messages, whatever the borders of the pieces it comes in.
 * A message starts with a From_ line (`fromLineDate`) at the start of the file or after an empty
 * line, which belongs to neither message. Content-Length (mboxcl) is believed when `leads` says
 * that the message ends there. It holds back an empty line and a line that may become a From_ line,
 * never more. Quoting is not undone.
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
    if (this.#state !== 'outside') events.push({ kind: 'end' });
    this.#state = 'outside';
    return events;
  }

  #work(piece: Uint8Array, final: boolean): readonly MboxEvent[] {
    const view = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const bytes = this.#carry.length === 0 ? view : Buffer.concat([this.#carry, view]);
    const events: MboxEvent[] = [];
    let at = 0;
    /** Start of the data not passed on yet. */
    let passed = 0;
    const passOn = (end: number): void => {
      if (end > passed && this.#state !== 'outside')
        events.push({ kind: 'data', data: bytes.subarray(passed, end) });
      passed = end;
    };
    while (at < bytes.length) {
      if (this.#measured > 0) {
        const length = Math.min(this.#measured, bytes.length - at);
        at += length;
        this.#measured -= length;
        this.#atLineStart = bytes[at - 1] === lf;
        this.#afterMeasured = this.#measured === 0;
        continue;
      }
      if (!this.#atLineStart) {
        at = this.#lineEnd(bytes, at);
        continue;
      }
      const blank = blankLength(bytes, at);
      if (blank === null && !final) break;
      const empty = blank ?? 0;
      const mayStart = empty > 0 || this.#state === 'outside' || this.#afterMeasured;
      const start = mayStart ? startAt(bytes, at + empty, final) : null;
      if (start === 'more') break;
      if (start !== null) {
        passOn(at);
        if (this.#state !== 'outside') events.push({ kind: 'end' });
        events.push({ kind: 'start', date: start.date });
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
export const followLength = longestFromLine + 4;

/** Whether these bytes can follow a message in an mbox file; none are the end of the file. */
export function followsMessage(bytes: Uint8Array): boolean {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  // The last line end of the body may be counted or not; then comes the empty line, or none.
  for (let lines = 0; lines < 2; lines++) at += blankLength(view, at) ?? 0;
  if (at === view.length) return true;
  const start = startAt(view, at, true);
  return start !== null && start !== 'more';
}

/** Whether a file that starts with these bytes is an mbox file. */
export function looksLikeMbox(bytes: Uint8Array): boolean {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = startAt(view, 0, true);
  return start !== null && start !== 'more';
}

/** Bytes of the empty line that starts here, 0 when the line is not empty; null: not to be known yet. */
function blankLength(bytes: Buffer, at: number): number | null {
  if (bytes[at] === lf) return 1;
  if (bytes[at] !== cr) return 0;
  if (at + 1 === bytes.length) return null;
  return bytes[at + 1] === lf ? 2 : 0;
}

/** The From_ line that starts here, or null; `more`: it is not to be known yet. */
function startAt(
  bytes: Buffer,
  at: number,
  final: boolean,
): { readonly date: Date; readonly next: number } | 'more' | null {
  const there = Math.min(from.length, bytes.length - at);
  if (from.compare(bytes, at, at + there, 0, there) !== 0) return null;
  if (there < from.length) return final ? null : 'more';
  const feed = bytes.subarray(at, at + longestFromLine + 2).indexOf(lf);
  if (feed === -1 && !final) return bytes.length - at > longestFromLine + 1 ? null : 'more';
  const end = feed === -1 ? bytes.length : at + feed;
  const date = fromLineDate(bytes.subarray(at, feed > 0 && bytes[end - 1] === cr ? end - 1 : end));
  return date === null ? null : { date, next: Math.min(end + 1, bytes.length) };
}

function noMbox(): MothballError {
  return new MothballError(
    { fact: 'it is not an mbox file: it does not start with a "From " line with a date' },
    {
      code: 'unsupported',
    },
  );
}
