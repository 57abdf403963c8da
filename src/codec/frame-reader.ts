import { Readable } from 'node:stream';
import type { ArchiveFormat, Compression } from '../domain/policy.ts';
import { isError, MothballError } from '../errors.ts';
import { decompressFrame, frameDecompressor, frameTarget, joined } from '../format/frames.ts';
import { releaseBehind, releaseFilled } from '../format/dead-buffers.ts';
import { FrameSplitter, type MessageSink } from './frame-splitter.ts';
import type { CheckedLine } from './message-check.ts';

/** What is needed to take one frame apart. */
export interface FrameSpec {
  readonly length: number;
  readonly plainLength: number;
  readonly format: ArchiveFormat;
  readonly compression: Compression;
  readonly lines: readonly CheckedLine[];
}

/** Frames up to this many bytes, compressed and plain, are decoded in one go; larger ones as a stream. */
const wholeLimit = 4 * frameTarget;

export function fitsMemory(frame: Pick<FrameSpec, 'length' | 'plainLength'>): boolean {
  return frame.length <= wholeLimit && frame.plainLength <= wholeLimit;
}

/**
 * Decodes one frame: the only code that does, for verifying and for restoring. Every byte of the
 * frame is consumed and accounted for. @throws MothballError `verify` when the frame is damaged;
 * what is wrong with single messages goes to the sink.
 */
export async function readFrame(
  spec: FrameSpec,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  sink: MessageSink,
): Promise<void> {
  const splitter = new FrameSplitter(spec.format, spec.lines, sink);
  if (fitsMemory(spec)) {
    const gathered: Uint8Array[] = [];
    for await (const piece of pieces) gathered.push(piece);
    const frame = joined(gathered);
    const plain = decompressFrame(frame, spec.compression, spec.plainLength);
    splitter.push(plain);
    // The pieces are their giver's, a copy of them and what was decoded from it are ours.
    if (plain !== frame) releaseBehind(plain);
    if (gathered.length > 1) releaseBehind(frame);
  } else {
    await stream(spec, pieces, splitter);
  }
  splitter.end();
}

async function stream(
  spec: FrameSpec,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  splitter: FrameSplitter,
): Promise<void> {
  const decompressor = frameDecompressor(spec.compression);
  if (decompressor === null) {
    for await (const piece of pieces) splitter.push(piece);
    return;
  }
  let sent = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      sent += piece.length;
      yield piece;
    }
  };
  const source = Readable.from(counted(), { highWaterMark: 1 });
  // A failing source must end the decoder, or the loop below would wait for ever.
  source.on('error', (error: Error) => decompressor.destroy(error));
  try {
    const output: AsyncIterable<Uint8Array> = source.pipe(decompressor);
    for await (const plain of output) {
      splitter.push(plain);
      releaseFilled(plain);
    }
  } catch (error) {
    if (isError(error)) throw error;
    throw damaged(error instanceof Error ? error.message : String(error), error);
  } finally {
    source.destroy();
    decompressor.destroy();
  }
  if (decompressor.bytesWritten !== sent)
    throw damaged(`${sent - decompressor.bytesWritten} bytes after its end`);
}

function damaged(why: string, cause?: unknown): MothballError {
  return new MothballError({ fact: `a frame of the archive is damaged: ${why}` }, { code: 'verify', cause });
}
