import type { Bytes, Uid } from '../domain/brands.ts';

/** A message of more bytes than this is read in pieces. */
export const wholeMaxBytes = 4 * 1024 * 1024;
/** Bounds of one command for whole messages. */
export const uidsPerCommand = 500;
const bytesPerCommand = 8 * 1024 * 1024;

/** A message to be read; its size is that of RFC822.SIZE. */
export interface WantedBody {
  readonly uid: Uid;
  readonly size: Bytes;
}

/** Messages for one command, or one for several. */
export type BodyGroup =
  { readonly uids: readonly Uid[]; readonly bytes: number } | { readonly large: WantedBody };

/** Messages in groups, each once, taken from their source no earlier than a group is looked at. */
export class BodyQueue {
  readonly #groups: Generator<BodyGroup>;
  #next: BodyGroup | null = null;

  constructor(messages: Iterable<WantedBody>) {
    this.#groups = grouped(messages);
  }

  /** The next group, which stays in the queue; null at the end. */
  peek(): BodyGroup | null {
    if (this.#next !== null) return this.#next;
    const found = this.#groups.next();
    this.#next = found.done === true ? null : found.value;
    return this.#next;
  }

  take(): BodyGroup | null {
    const group = this.peek();
    this.#next = null;
    return group;
  }
}

function* grouped(messages: Iterable<WantedBody>): Generator<BodyGroup, undefined> {
  let uids: Uid[] = [];
  let bytes = 0;
  const seen = new Set<Uid>();
  for (const message of messages) {
    if (seen.has(message.uid)) continue;
    seen.add(message.uid);
    const large = message.size > wholeMaxBytes;
    if (
      uids.length > 0 &&
      (large || uids.length >= uidsPerCommand || bytes + message.size > bytesPerCommand)
    ) {
      yield { uids, bytes };
      uids = [];
      bytes = 0;
    }
    if (large) {
      yield { large: message };
    } else {
      uids.push(message.uid);
      bytes += message.size;
    }
  }
  if (uids.length > 0) yield { uids, bytes };
  return undefined;
}
