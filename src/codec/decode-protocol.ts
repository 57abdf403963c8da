import type { FrameSpec } from './frame-reader.ts';
import type { SentError } from './worker-port.ts';

/** A frame to decode, and the messages wanted of it. */
export interface DecodeFrame {
  readonly spec: FrameSpec;
  /** Where it begins in the bytes that come with it. */
  readonly at: number;
  /** Places of the messages that are wanted, ascending, from 0 inside the frame. */
  readonly places: readonly number[];
}

/** What the main thread asks of the worker: neighbouring frames, with all their bytes. */
export interface DecodeRequest {
  readonly frames: readonly DecodeFrame[];
  readonly memory: ArrayBuffer;
  /** Bytes of the frames at the start of `memory`. */
  readonly length: number;
}

/** A message that came out of its frame whole: a range of the reply's memory, and what is wrong with it. */
export interface DecodedMessage {
  readonly start: number;
  readonly end: number;
  readonly fault: string | null;
}

export interface DecodedFrame {
  /** For each place that was asked for; null: the frame broke off before its end. */
  readonly messages: readonly (DecodedMessage | null)[];
  readonly error: SentError | null;
}

export interface DecodeReply {
  readonly frames: readonly DecodedFrame[];
  readonly memory: ArrayBuffer;
}
