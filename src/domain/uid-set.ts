import { asUid, type Uid } from './brands.ts';

/** Longest sequence set sent in one command: some servers refuse lines over 8,000 bytes. */
const maxLength = 7600;

/**
 * The UIDs as sequence sets (RFC 9051 §9), ascending, each once, split so that no set is longer
 * than `maxChars` or holds more than `maxUids`. A range spans consecutive given UIDs only, so a
 * set never names a UID that was not given (SAFETY I2).
 */
export function uidSets(
  uids: Iterable<Uid>,
  maxUids = Number.POSITIVE_INFINITY,
  maxChars = maxLength,
): readonly UidSet[] {
  const sorted = [...new Set(uids)].sort((a, b) => a - b);
  const sets: UidSet[] = [];
  let members: Uid[] = [];
  let parts: string[] = [];
  let length = 0;
  const close = (): void => {
    if (members.length > 0) sets.push({ set: parts.join(','), uids: members });
    members = [];
    parts = [];
    length = 0;
  };
  for (const run of consecutiveRuns(sorted, maxUids)) {
    const first = run[0];
    const last = run.at(-1);
    if (first === undefined || last === undefined) continue;
    const part = first === last ? `${first}` : `${first}:${last}`;
    if (members.length + run.length > maxUids || length + part.length + 1 > maxChars) close();
    for (const uid of run) members.push(uid);
    parts.push(part);
    length += part.length + 1;
  }
  close();
  return sets;
}

/** One sequence set and the UIDs it names. */
export interface UidSet {
  readonly set: string;
  readonly uids: readonly Uid[];
}

/** Runs of consecutive UIDs, none longer than `max`; small enough to spread into a call. */
function consecutiveRuns(sorted: readonly Uid[], max: number): readonly (readonly Uid[])[] {
  const limit = Math.min(max, 10_000);
  const runs: Uid[][] = [];
  let run: Uid[] = [];
  let previous = -1;
  for (const uid of sorted) {
    if (uid !== previous + 1 || run.length >= limit) {
      run = [];
      runs.push(run);
    }
    run.push(uid);
    previous = uid;
  }
  return runs;
}

/**
 * The numbers of a sequence set that a server sent, in the order it wrote them; ranges may run
 * downwards. Null when it is not such a set, or names more than `max` UIDs: a server may write
 * `1:4294967295` in a few bytes.
 */
export function parseUidSet(text: string, max: number): readonly Uid[] | null {
  const uids: Uid[] = [];
  for (const part of text.split(',')) {
    const match = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(part);
    const from = asUid(Number(match?.[1] ?? Number.NaN));
    const to = match?.[2] === undefined ? from : asUid(Number(match[2]));
    if (from === null || to === null) return null;
    if (uids.length + Math.abs(to - from) + 1 > max) return null;
    const step = to < from ? -1 : 1;
    for (let number: number = from; number !== to + step; number += step) {
      const uid = asUid(number);
      if (uid !== null) uids.push(uid);
    }
  }
  return uids;
}
