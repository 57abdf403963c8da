import type { Packing } from '../format/packing.ts';
import type { ReadObject } from '../ports/codec.ts';
import { gather, rangeOf } from './decode-here.ts';
import type { DecodedFrame, DecodeFrame, DecodeReply, DecodeRequest } from './decode-protocol.ts';
import type { TakenMessage, FrameOutcome } from './frame-outcome.ts';
import { fitsMemory } from './frame-reader.ts';
import type { FrameRun } from './frame-wishes.ts';
import { checkedLine } from './message-check.ts';
import type { Link } from './worker-link.ts';
import { received } from './worker-port.ts';

export type DecodeLink = Link<DecodeRequest, DecodeReply>;

/** Whether the worker may decode these frames: in memory, into messages that fit what their lines promise. */
export function fitsThere(run: FrameRun): boolean {
  const plain = plainBytes(run);
  // Of each LF that is stored a CRLF may be made.
  return wantedBytes(run) <= 2 * plain && run.every(({ frame }) => fitsMemory(frame));
}

/** What a line takes in both threads, about. */
const lineBytes = 1024;

/** Bytes that a run takes while it is decoded, by whatever its lines say. */
export function bytesOf(run: FrameRun): number {
  const lines = run.reduce((sum, { frame }) => sum + frame.messages.length, 0);
  return rangeOf(run).length + plainBytes(run) + wantedBytes(run) + lines * lineBytes;
}

function plainBytes(run: FrameRun): number {
  return run.reduce((sum, { frame }) => sum + frame.plainLength, 0);
}

function wantedBytes(run: FrameRun): number {
  return run.reduce(
    (sum, { frame, indexes }) =>
      sum + indexes.reduce((size, index) => size + (frame.messages[index - frame.first]?.size ?? 0), 0),
    0,
  );
}

/** Reads the frames and has the worker decode them. Null: its thread has died. @throws what reading throws. */
export async function decodeThere(
  link: DecodeLink,
  { format }: Packing,
  run: FrameRun,
  read: ReadObject,
): Promise<readonly FrameOutcome[] | null> {
  const range = rangeOf(run);
  const bytes = range.length === 0 ? new Uint8Array(0) : await gather(read, range);
  const asked = run.map(({ frame, indexes }): DecodeFrame => {
    const { length, plainLength, compression, messages } = frame;
    const lines = messages.map(checkedLine);
    return {
      spec: { length, plainLength, format, compression, lines },
      at: frame.offset - range.offset,
      places: indexes.map((index) => index - frame.first),
    };
  });
  const { buffer: memory, length } = bytes;
  try {
    const { frames, memory: plain } = await link.call({ frames: asked, memory, length }, [memory]);
    return outcomes(run, frames, plain);
  } catch {
    // A damaged frame is an outcome: only the thread itself can fail here.
    return null;
  }
}

/** The messages are views of one piece of memory, which is freed when all of them are released. */
function outcomes(
  run: FrameRun,
  decoded: readonly DecodedFrame[],
  memory: ArrayBuffer,
): readonly FrameOutcome[] {
  let held = decoded.reduce(
    (sum, { messages }) => sum + messages.filter((message) => message !== null).length,
    0,
  );
  const releaseOne = (): void => {
    held -= 1;
    if (held === 0 && !memory.detached) memory.transfer(0);
  };
  return run.map(({ indexes }, place) => {
    const { messages, error } = decoded[place] ?? { messages: [], error: null };
    const found = new Map<number, TakenMessage>();
    for (const [at, index] of indexes.entries()) {
      const message = messages[at] ?? null;
      if (message === null) continue;
      const { start, end, fault } = message;
      found.set(index, {
        data: new Uint8Array(memory, start, end - start),
        fault,
        release: onlyOnce(releaseOne),
      });
    }
    return { messages: found, error: error === null ? null : received(error) };
  });
}

function onlyOnce(step: () => void): () => void {
  let done = false;
  return () => {
    if (!done) step();
    done = true;
  };
}
