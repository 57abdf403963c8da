import { MothballError } from '../errors.ts';
import { frameTarget } from '../format/frames.ts';
import type { Packing } from '../format/packing.ts';
import type { ArchivedMessage, ReadableArchive, ReadObject } from '../ports/codec.ts';
import { HereDecoder } from './decode-here.ts';
import { bytesOf, type DecodeLink, decodeThere, fitsThere } from './decode-there.ts';
import type { FrameOutcome } from './frame-outcome.ts';
import { type FrameRun, runsOf } from './frame-wishes.ts';

/** What is read and decoded before it is asked for: bytes, beside those of one run, and runs. */
const aheadBytes = 8 * frameTarget;
const aheadRuns = 4;

/** A run whose turn has not come. Null, and answered with null: it is decoded in this thread, in its turn. */
interface Started {
  readonly run: FrameRun;
  readonly outcomes: Promise<readonly FrameOutcome[] | null> | null;
}

/** An archive that messages are read from. */
export interface ReadableObject {
  readonly manifest: ReadableArchive;
  readonly packing: Packing;
  readonly read: ReadObject;
}

/**
 * The wanted messages, one ranged read per frame; frames beside each other that are small, as in a zip,
 * share one. The worker decodes the next ones while the caller has the last ones; it is not asked for
 * the sake of a single message. @throws MothballError `verify`, RangeError.
 */
export async function* decodeMessages(
  link: DecodeLink,
  object: ReadableObject,
  wanted: readonly number[],
): AsyncGenerator<ArchivedMessage> {
  const { manifest, packing, read } = object;
  const here = new HereDecoder(packing, read);
  const runs = runsOf(manifest, packing, wanted);
  const started: Started[] = [];
  const start = (run: FrameRun): void => {
    const there = wanted.length > 1 && fitsThere(run);
    const outcomes = there ? decodeThere(link, packing, run, read) : null;
    // It is thrown in its turn, and may come before.
    outcomes?.catch(() => undefined);
    started.push({ run, outcomes });
  };
  // Whoever reads on after each damaged message begins anew: the first run is read by itself.
  let ahead = 0;
  try {
    for (const run of runs) {
      start(run);
      while (started.length > ahead || waitingBytes(started) > aheadBytes) {
        yield* nextOf(started, here, manifest);
        ahead = aheadRuns;
      }
    }
    while (started.length > 0) yield* nextOf(started, here, manifest);
  } finally {
    // Nothing reads the object any more when the caller closes it.
    await Promise.allSettled(started.map(async ({ outcomes }) => outcomes));
  }
}

function waitingBytes(started: readonly Started[]): number {
  return started.reduce((sum, { run }) => sum + bytesOf(run), 0);
}

/** Takes the first of them, and gives its messages in order. */
async function* nextOf(
  started: Started[],
  here: HereDecoder,
  manifest: ReadableArchive,
): AsyncGenerator<ArchivedMessage> {
  const next = started.shift();
  if (next === undefined) return;
  const { run, outcomes } = next;
  const frames = (await outcomes) ?? here.frames(run);
  let place = 0;
  for await (const outcome of frames) yield* wantedOf(run[place++]?.indexes ?? [], outcome, manifest);
}

function* wantedOf(
  indexes: readonly number[],
  { messages, error }: FrameOutcome,
  manifest: ReadableArchive,
): Generator<ArchivedMessage> {
  for (const index of indexes) {
    const message = messages.get(index);
    if (message === undefined)
      throw error instanceof Error ? error : damaged(manifest, index, 'it is not in its frame');
    if (message.fault !== null) throw damaged(manifest, index, message.fault);
    yield { index, data: message.data, release: message.release };
  }
}

function damaged(manifest: ReadableArchive, index: number, why: string): MothballError {
  const { id, account, folder, key, store } = manifest.head;
  return new MothballError(
    {
      fact: `message ${index} of archive ${id} (${account}, ${JSON.stringify(folder)}) is damaged: ${why}; the object is ${key} in store "${store}"`,
      remedy: 'Run verify, and restore that object from a copy',
    },
    { code: 'verify' },
  );
}
