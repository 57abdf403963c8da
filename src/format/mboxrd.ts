import { Buffer } from 'node:buffer';
import { MothballError } from '../errors.ts';
import { FromQuote, FromUnquote } from './from-quote.ts';
import { addReturns, dropReturns, stripCrlf } from './line-ends.ts';
import { Scratch } from './scratch.ts';

/**
 * The one invertible byte rule between a message as IMAP delivers it and as it is stored in an mbox
 * file (mboxrd, RFC 4155 for the frame around it). Two bits per message make it invertible.
 */
export interface ByteRule {
  /** Every LF followed a CR and every CR preceded an LF; CRLF was stored as LF. */
  readonly crlf: boolean;
  /** The message was empty or did not end in LF; one was appended. */
  readonly addedNewline: boolean;
}

const lf = 0x0a;
const lineFeed = Buffer.from('\n');

/** Encodes one message in pieces; `crlf` must be known before (`LineEnds`). */
export class MboxrdEncoder {
  readonly #crlf: boolean;
  readonly #quote = new FromQuote();
  readonly #scratch = new Scratch();
  #endsInLf = false;

  constructor(crlf: boolean) {
    this.#crlf = crlf;
  }

  /** Stored bytes ready after this piece, good until the next one; they may be a view of it. */
  push(piece: Uint8Array): Uint8Array {
    return this.pushUnix(this.#crlf ? dropReturns(piece, this.#scratch) : piece);
  }

  /** The same for a piece whose CRLF are LF already. */
  pushUnix(piece: Uint8Array): Uint8Array {
    if (piece.length > 0) this.#endsInLf = piece[piece.length - 1] === lf;
    return this.#quote.push(piece);
  }

  /** The last bytes, with the added newline and the separator. */
  end(): { readonly pieces: readonly Uint8Array[]; readonly addedNewline: boolean } {
    const addedNewline = !this.#endsInLf;
    const pieces = [this.#quote.end(), lineFeed];
    if (addedNewline) pieces.push(lineFeed);
    return { pieces, addedNewline };
  }
}

/** One whole message as stored, separator included. The pieces may be views of the message, or lie in `scratch`. */
export function encodeMboxrd(
  message: Uint8Array,
  scratch = new Scratch(),
): ByteRule & { readonly pieces: readonly Uint8Array[] } {
  const unix = stripCrlf(message, scratch);
  const encoder = new MboxrdEncoder(unix !== null);
  const body = encoder.pushUnix(unix ?? message);
  const end = encoder.end();
  return { crlf: unix !== null, addedNewline: end.addedNewline, pieces: [body, ...end.pieces] };
}

/** Decodes one stored message in pieces, back to the bytes IMAP delivered. */
export class MboxrdDecoder {
  readonly #rule: ByteRule;
  readonly #unquote = new FromUnquote();
  readonly #scratch: Scratch;
  /** Bytes of content still to come, and of line feeds after it. */
  #content: number;
  #trailer: number;

  /** @throws MothballError `verify` when no message can be stored in `length` bytes. */
  constructor(rule: ByteRule, length: number, scratch = new Scratch()) {
    this.#rule = rule;
    this.#scratch = scratch;
    this.#trailer = rule.addedNewline ? 2 : 1;
    this.#content = length - this.#trailer;
    if (this.#content < 0) throw damaged(`a stored message of ${length} bytes is too short`);
  }

  /** Bytes ready after this piece, good until the next one; they may be a view of it. @throws `verify`. */
  push(piece: Uint8Array): Uint8Array {
    const content = piece.subarray(0, this.#content);
    this.#content -= content.length;
    const trailer = piece.subarray(content.length);
    if (trailer.length > this.#trailer) throw damaged('a stored message is longer than its line says');
    if (trailer.some((byte) => byte !== lf)) throw damaged('a stored message does not end in a line feed');
    this.#trailer -= trailer.length;
    if (content.length === 0) return content;
    const unix = this.#unquote.push(content);
    return this.#rule.crlf ? addReturns(unix, this.#scratch) : unix;
  }

  /** The last bytes. @throws `verify` when stored bytes are missing. */
  end(): Uint8Array {
    if (this.#content !== 0 || this.#trailer !== 0)
      throw damaged('a stored message is shorter than its line says');
    const unix = this.#unquote.end();
    return this.#rule.crlf ? addReturns(unix) : unix;
  }
}

function damaged(what: string): MothballError {
  return new MothballError({ fact: `${what}: the archive is damaged` }, { code: 'verify' });
}
