import type { ArchiveFormat, Compression } from '../domain/policy.ts';
import type { ManifestMessage } from './manifest-types.ts';
import type { Packing } from './packing.ts';
import { padded } from './tar-walk.ts';
import { directoryEndLength, localHeaderLength } from './zip-records.ts';

/** One frame of an object and the manifest lines of its messages. */
export interface Frame {
  /** Bytes, in the object. */
  readonly offset: number;
  readonly length: number;
  readonly compression: Compression;
  /** Bytes when decompressed. */
  readonly plainLength: number;
  /** Index of its first message in the manifest. */
  readonly first: number;
  readonly messages: readonly ManifestMessage[];
}

/** The frames of an object, as its manifest lines give them: neighbours that name the same range. */
export function frames(messages: readonly ManifestMessage[], packing: Packing): readonly Frame[] {
  const found: Frame[] = [];
  let first = 0;
  for (let index = 1; index <= messages.length; index++) {
    const begin = messages[first];
    const next = messages[index];
    if (begin === undefined) break;
    if (next?.frame.offset === begin.frame.offset && next.frame.length === begin.frame.length) continue;
    const members = messages.slice(first, index);
    const last = (members.at(-1) ?? begin).stored;
    const { offset, length } = begin.frame;
    const end = last.offset + last.length;
    const plainLength = packing.format === 'maildir-tar' ? padded(end) : end;
    const compression = frameCompression(packing, length, plainLength);
    found.push({ offset, length, compression, plainLength, first, messages: members });
    first = index;
  }
  return found;
}

/**
 * A zip stores an empty member even where it deflates; and where it does not, it deflates at level 0
 * what came as a stream, which always makes it longer.
 */
function frameCompression({ format, compression }: Packing, length: number, plain: number): Compression {
  if (format !== 'eml-zip') return compression;
  if (compression === 'deflate') return plain === 0 && length === 0 ? 'none' : 'deflate';
  return length === plain ? 'none' : 'deflate';
}

/** What must at least be around frames and messages, in bytes. */
interface Surroundings {
  readonly beforeFrame: number;
  readonly beforeMessage: number;
  readonly afterLast: number;
  /** Whether the frames, and what is before the first one and after the last one, fill the object. */
  readonly adjoin: boolean;
  readonly missing: string;
}

const surroundings: Readonly<Record<ArchiveFormat, Surroundings>> = {
  // `From `, one character, LF.
  mbox: {
    beforeFrame: 0,
    beforeMessage: 7,
    afterLast: 0,
    adjoin: true,
    missing: 'no room for a From line before the message',
  },
  'maildir-tar': {
    beforeFrame: 0,
    beforeMessage: 512,
    afterLast: 1,
    adjoin: true,
    missing: 'no room for a tar header before the message',
  },
  'eml-zip': {
    beforeFrame: localHeaderLength + 1,
    beforeMessage: 0,
    afterLast: directoryEndLength,
    adjoin: false,
    missing: 'it does not begin its member',
  },
};

export interface LayoutFault {
  readonly index: number | null;
  readonly reason: string;
}

/**
 * What is wrong with the layout: frames must follow each other through the object, and messages
 * each other inside a frame, with room for what the format puts between them.
 */
export function layoutFaults(
  list: readonly Frame[],
  objectLength: number,
  format: ArchiveFormat,
): readonly LayoutFault[] {
  const { beforeFrame, beforeMessage, afterLast, adjoin, missing } = surroundings[format];
  const faults: LayoutFault[] = [];
  let end = 0;
  for (const frame of list) {
    const gap = frame.offset - end;
    if (adjoin ? gap !== 0 : gap < beforeFrame) {
      const reason = `its frame starts at ${frame.offset}, the last one ended at ${end}`;
      faults.push({ index: frame.first, reason });
    }
    end = frame.offset + frame.length;
    let plainEnd = 0;
    frame.messages.forEach(({ stored }, place) => {
      const room = stored.offset - plainEnd;
      const wrong = format === 'eml-zip' ? place > 0 || room !== 0 : room < beforeMessage;
      if (wrong) faults.push({ index: frame.first + place, reason: missing });
      plainEnd = stored.offset + stored.length;
    });
  }
  const after = objectLength - end;
  if (afterLast === 0 ? after !== 0 : after < afterLast) {
    faults.push({ index: null, reason: `the frames end at ${end}, the object at ${objectLength}` });
  }
  return faults;
}
