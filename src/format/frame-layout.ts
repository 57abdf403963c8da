import type { ManifestMessage } from './manifest-types.ts';

/** One frame of an object and the manifest lines of its messages. */
export interface Frame {
  /** Octets, in the object. */
  readonly offset: number;
  readonly length: number;
  /** Octets when decompressed: the end of its last message. */
  readonly plainLength: number;
  /** Index of its first message in the manifest. */
  readonly first: number;
  readonly messages: readonly ManifestMessage[];
}

/** The frames of an object, as its manifest lines tell them: neighbours that name the same range. */
export function frames(messages: readonly ManifestMessage[]): readonly Frame[] {
  const found: Frame[] = [];
  let first = 0;
  for (let index = 1; index <= messages.length; index++) {
    const begin = messages[first];
    const next = messages[index];
    if (begin === undefined) break;
    if (next?.frame.offset === begin.frame.offset && next.frame.length === begin.frame.length) continue;
    const members = messages.slice(first, index);
    const last = members.at(-1) ?? begin;
    found.push({
      offset: begin.frame.offset,
      length: begin.frame.length,
      plainLength: last.stored.offset + last.stored.length,
      first,
      messages: members,
    });
    first = index;
  }
  return found;
}

/**
 * What is wrong with the layout: frames must follow each other from 0 to the end of the object,
 * and messages each other inside a frame, with room for a From_ line before each.
 */
export function layoutFaults(
  list: readonly Frame[],
  objectLength: number,
): readonly { readonly index: number | null; readonly reason: string }[] {
  const faults: { index: number | null; reason: string }[] = [];
  let end = 0;
  for (const frame of list) {
    if (frame.offset !== end) {
      faults.push({
        index: frame.first,
        reason: `its frame starts at ${frame.offset}, the last one ended at ${end}`,
      });
    }
    end = frame.offset + frame.length;
    let plainEnd = 0;
    frame.messages.forEach((message, place) => {
      if (message.stored.offset < plainEnd + minFromLine) {
        faults.push({ index: frame.first + place, reason: 'no room for a From line before the message' });
      }
      plainEnd = message.stored.offset + message.stored.length;
    });
  }
  if (end !== objectLength) {
    faults.push({ index: null, reason: `the frames end at ${end}, the object at ${objectLength}` });
  }
  return faults;
}

/** `From `, one character, LF. */
const minFromLine = 7;
