import { type Reason, reasonText } from '../domain/reason.ts';
import { isError, type MothballError } from '../errors.ts';
import type { ArchiveRecord, DeleteEntry } from '../ports/records.ts';
import type { Ledger } from '../work/ledger.ts';

/** Refused commands one after the other, with nothing deleted in between, until the server refuses all: one message of 500 is found with at most 10. */
const mostInRow = 20;

/** A chunk that the server refused to delete: all of it is pending again, and nothing of it carries our mark. */
export interface Refused {
  /** Still there. */
  readonly entries: readonly DeleteEntry[];
  readonly reason: Reason;
  readonly error: MothballError;
}

/** UIDs that one notice names. */
const mostNamed = 20;

/** Whether the server answered a command with NO or BAD: asked for less, it may do it (SAFETY I8). */
export function isRefusal(error: unknown): error is MothballError {
  return isError(error, 'protocol') && error.said !== null;
}

/** What the server refused to delete of one slice of an archive. */
export class Refusals {
  /** Each refused by itself. */
  readonly #alone: Refused[] = [];
  #first: Refused | null = null;
  #last: Refused | null = null;
  #inRow = 0;
  #deleted = false;

  /** The parts to ask for next: halves, or nothing more of a message that was refused by itself. */
  add(refused: Refused, asked: number): readonly (readonly DeleteEntry[])[] {
    const { entries } = refused;
    this.#first ??= refused;
    this.#last = refused;
    this.#inRow += 1;
    if (asked === 1) {
      this.#alone.push(refused);
      return [];
    }
    const half = Math.ceil(entries.length / 2);
    return [entries.slice(0, half), entries.slice(half)].filter((part) => part.length > 0);
  }

  deleted(count: number): void {
    if (count === 0) return;
    this.#deleted = true;
    this.#inRow = 0;
  }

  /** Nothing more is asked for. */
  get tooMany(): boolean {
    return this.#inRow >= mostInRow;
  }

  get last(): Refused | null {
    return this.#last;
  }

  /** Messages that were refused by themselves while others were deleted. */
  get alone(): readonly Refused[] {
    return this.#deleted ? this.#alone : [];
  }

  /** The first refusal, where nothing at all could be deleted. */
  get everything(): Refused | null {
    return this.#deleted ? null : this.#first;
  }
}

/**
 * Names what the server refused by itself; `left` were not asked for any more. False: nothing more of
 * this archive. @throws the refusal, where mail is expunged and nothing at all could be.
 */
export function nameRefused(
  ledger: Ledger,
  { folder }: Pick<ArchiveRecord, 'folder'>,
  refusals: Refusals,
  left: number,
): boolean {
  for (const [text, same] of Map.groupBy(refusals.alone, ({ reason }) => reasonText(reason))) {
    const uids = same.flatMap(({ entries }) => entries.map(({ uid }) => uid));
    const more = uids.length > mostNamed ? ` and ${uids.length - mostNamed} more` : '';
    ledger.notice(
      `${folder} ${text}`,
      `"${folder}": UID ${uids.slice(0, mostNamed).join(', ')}${more}: ${text}`,
    );
    for (const { reason, entries } of same) ledger.skips.add(reason, entries.length);
  }
  const all = refusals.everything ?? (refusals.tooMany ? refusals.last : null);
  if (all === null) return true;
  const { reason, entries, error } = all;
  if (refusals.everything !== null && reason.code === 'delete-refused') throw error;
  ledger.notice(reasonText(reason), `"${folder}": ${reasonText(reason)}`);
  ledger.skips.add(reason, refusals.everything === null ? left : Math.max(left, entries.length));
  return false;
}
