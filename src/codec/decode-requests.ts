import type {
  DecodedFrame,
  DecodedMessage,
  DecodeFrame,
  DecodeReply,
  DecodeRequest,
} from './decode-protocol.ts';
import { readFrame } from './frame-reader.ts';
import { type Answered, sendable } from './worker-port.ts';

/** In the worker: decodes frames into one piece of memory. What is damaged is told, never thrown. */
export async function answerDecode(request: DecodeRequest): Promise<Answered<DecodeReply>> {
  const bytes = new Uint8Array(request.memory, 0, request.length);
  const memory = new ArrayBuffer(request.frames.reduce((sum, frame) => sum + wantedBytes(frame), 0));
  const decoded: DecodedFrame[] = [];
  let start = 0;
  for (const frame of request.frames) {
    const own = bytes.subarray(frame.at, frame.at + frame.spec.length);
    decoded.push(await decodeFrame(frame, own, { memory, start }));
    start += wantedBytes(frame);
  }
  return { reply: { frames: decoded, memory }, transfer: [memory] };
}

/** Bytes of the messages that are wanted of a frame, as its lines have them. */
export function wantedBytes({ spec, places }: DecodeFrame): number {
  return places.reduce((sum, place) => sum + (spec.lines[place]?.size ?? 0), 0);
}

/** Messages that came out whole before an error are good: their digests say so. */
async function decodeFrame(
  { spec, places }: DecodeFrame,
  bytes: Uint8Array,
  { memory, start }: { readonly memory: ArrayBuffer; readonly start: number },
): Promise<DecodedFrame> {
  const ranges = new Map<number, { readonly start: number; readonly end: number; filled: number }>();
  let at = start;
  for (const place of places) {
    const end = at + (spec.lines[place]?.size ?? 0);
    ranges.set(place, { start: at, end, filled: at });
    at = end;
  }
  const out = new Uint8Array(memory);
  const done = new Map<number, DecodedMessage>();
  const sink = {
    piece(place: number, data: Uint8Array): void {
      const range = ranges.get(place);
      if (range === undefined) return;
      // One that is longer than its line says is a fault, which its check names.
      const fits = data.subarray(0, range.end - range.filled);
      out.set(fits, range.filled);
      range.filled += fits.length;
    },
    end(place: number, fault: string | null): void {
      const range = ranges.get(place);
      if (range !== undefined) done.set(place, { start: range.start, end: range.end, fault });
    },
  };
  let error: unknown = null;
  try {
    await readFrame(spec, [bytes], sink);
  } catch (thrown) {
    error = thrown;
  }
  return {
    messages: places.map((place) => done.get(place) ?? null),
    error: error === null ? null : sendable(error),
  };
}
