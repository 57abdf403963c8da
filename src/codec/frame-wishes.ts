import { type Frame, frames } from '../format/frame-layout.ts';
import { frameTarget } from '../format/frames.ts';
import type { Packing } from '../format/packing.ts';
import type { ReadableArchive } from '../ports/codec.ts';

/** Bytes of plain mail that one read may bring, unless a single frame has more. */
const mostPlain = 2 * frameTarget;

/** A frame and the indexes wanted of it. */
export interface Wish {
  readonly frame: Frame;
  readonly indexes: readonly number[];
}

/** Neighbouring frames, which one ranged read brings. */
export type FrameRun = readonly Wish[];

/** The frames that hold the wanted messages, in order. @throws RangeError. */
export function runsOf(
  manifest: ReadableArchive,
  packing: Packing,
  wanted: readonly number[],
): Generator<FrameRun> {
  checkAscending(wanted, manifest.messages.length);
  return runs(wishes(frames(manifest.messages, packing), wanted));
}

function* wishes(list: readonly Frame[], wanted: readonly number[]): Generator<Wish> {
  let next = 0;
  for (const frame of list) {
    const end = frame.first + frame.messages.length;
    const indexes: number[] = [];
    for (let index = wanted[next]; index !== undefined && index < end; index = wanted[++next])
      indexes.push(index);
    if (indexes.length > 0) yield { frame, indexes };
  }
}

/** Wishes for neighbouring frames, together while they span no more than a frame's worth, and a few of plain mail. */
function* runs(all: Iterable<Wish>): Generator<FrameRun> {
  let run: Wish[] = [];
  let plain = 0;
  for (const wish of all) {
    const [first] = run;
    const last = run.at(-1);
    const { frame } = wish;
    const near =
      first !== undefined &&
      last !== undefined &&
      frame.first === last.frame.first + last.frame.messages.length &&
      frame.offset >= last.frame.offset &&
      frame.offset + frame.length - first.frame.offset <= frameTarget &&
      plain + frame.plainLength <= mostPlain;
    if (!near && run.length > 0) {
      yield run;
      run = [];
      plain = 0;
    }
    run.push(wish);
    plain += frame.plainLength;
  }
  if (run.length > 0) yield run;
}

function checkAscending(wanted: readonly number[], count: number): void {
  let last = -1;
  for (const index of wanted) {
    if (!Number.isInteger(index) || index <= last || index >= count) {
      throw new RangeError(`message ${index} is not in the archive, or not in ascending order`);
    }
    last = index;
  }
}
