import { Buffer } from 'node:buffer';
import type { ArchiveFormat } from '../domain/policy.ts';
import { MothballError } from '../errors.ts';
import { TarWalk } from '../format/tar-walk.ts';

/** Checks what a frame has frameGapCheck the stored messages. Every byte of it passes through here. */
export interface FrameGapCheck {
  /** Bytes before the next stored message. */
  before(piece: Uint8Array): void;
  /** The next stored message begins here, and has `length` bytes. */
  begin(length: number): void;
  /** This many bytes of it went by. */
  passed(length: number): void;
  /** Bytes after the last one. */
  after(piece: Uint8Array): void;
  /** The frame ends. */
  end(): void;
}

/** All methods of what it gives throw MothballError `verify` at what should not be there. */
export function frameGapCheck(format: ArchiveFormat): FrameGapCheck {
  switch (format) {
    case 'mbox':
      return new FromLines();
    case 'maildir-tar':
      return new TarHeaders();
    case 'eml-zip':
      return new Nothing();
  }
}

const fromStart = Buffer.from('From ');
const lf = 0x0a;

/** `From `, anything but LF, LF; nothing after the last message. */
class FromLines implements FrameGapCheck {
  #place = 0;
  #lastByte = 0;

  before(piece: Uint8Array): void {
    for (const byte of piece) {
      const expected =
        this.#place < fromStart.length ? byte === fromStart[this.#place] : this.#lastByte !== lf;
      if (!expected) throw damaged('no From line before a message');
      this.#lastByte = byte;
      this.#place++;
    }
  }

  begin(): void {
    if (this.#lastByte !== lf) throw damaged('no whole From line before a message');
    this.#place = 0;
    this.#lastByte = 0;
  }

  passed(): void {}

  after(): void {
    throw damaged('it continues after its last message');
  }

  end(): void {}
}

/** Headers as `tar` reads them: each message must be the file that is there, no more and no less. */
class TarHeaders implements FrameGapCheck {
  readonly #walk = new TarWalk();

  before(piece: Uint8Array): void {
    if (this.#walk.push(piece) !== piece.length) throw damaged('a file in its tar is not a message');
  }

  begin(length: number): void {
    if (this.#walk.left !== length) throw damaged('a message is not a file in its tar');
    if (length === 0) this.#walk.passed(0);
  }

  passed(length: number): void {
    this.#walk.passed(length);
  }

  after(piece: Uint8Array): void {
    this.before(piece);
  }

  end(): void {
    if (!this.#walk.atBorder) throw damaged('it ends inside a member of its tar');
  }
}

/** A member of a zip is one message and nothing else. */
class Nothing implements FrameGapCheck {
  before(): void {
    throw damaged('there is something before its message');
  }

  begin(): void {}

  passed(): void {}

  after(): void {
    throw damaged('it continues after its message');
  }

  end(): void {}
}

function damaged(why: string): MothballError {
  return new MothballError({ fact: `a frame of the archive is damaged: ${why}` }, { code: 'verify' });
}
