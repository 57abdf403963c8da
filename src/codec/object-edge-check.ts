import { MothballError } from '../errors.ts';
import { decompressFrame, type FrameCompression } from '../format/frames.ts';
import { isTarEnd, tarEndLength } from '../format/tar-walk.ts';
import type { VerifyFrame } from './verify-protocol.ts';

/** Checks what an object has around its frames. Throws MothballError `verify`. */
export interface ObjectEdgeCheck {
  /** The bytes before a frame, which may be none. */
  before(gap: Uint8Array, frame: VerifyFrame): void;
  /** Content of the messages in that frame. */
  content(piece: Uint8Array): void;
  /** The bytes after the last frame. */
  end(tail: Uint8Array): void;
}

/** The most bytes that may come before a frame, or after the last of `members`. */
export const longestFrameGap = 4096;
export function longestTail(members: number): number {
  return (members + 1) * longestFrameGap;
}

/** An mbox: the layout was compared before, and there is room for nothing. */
export const nothingAround: ObjectEdgeCheck = {
  before: () => undefined,
  content: () => undefined,
  end: () => undefined,
};

/** A tar ends in a frame of its own. */
export function tarEnd(compression: FrameCompression): ObjectEdgeCheck {
  return {
    ...nothingAround,
    end(tail) {
      if (isTarEnd(decompressFrame(tail, compression, tarEndLength))) return;
      throw new MothballError(
        { fact: 'the tar is damaged: it does not end in two blocks of zeros' },
        {
          code: 'verify',
        },
      );
    },
  };
}
