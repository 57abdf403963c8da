import { faultsOf } from '../archive/verify.ts';
import { dayMs } from '../domain/dates.ts';
import { isError } from '../errors.ts';
import { digestOf } from '../format/object-digest.ts';
import type { ArchiveRecord, DeleteEntry } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';
import type { LockedWork } from '../work/locked-work.ts';
import type { Due, DueLines } from './due.ts';

/**
 * Objects on other machines that keep versions are read again when the last read-back is older than
 * this. Without versions nothing shows that an object was altered: they are read again in each run.
 */
const freshMs = dayMs;
/** A read-ahead result older than this is discarded. */
const aheadMs = 60 * 1000;

const nothing: Promise<null> = Promise.resolve(null);

/** An archive that was read back before its turn. */
interface Ahead {
  readonly due: Due;
  readonly fault: string | null;
  readonly ended: Date;
}

/**
 * Reads the archives of a purge back (SAFETY step 9), one after another: an archive on a local disk
 * while the mail of the one before it is being deleted, so that neither disk nor server waits.
 */
export class ReadAhead {
  readonly #work: LockedWork;
  readonly #parts: readonly DueLines[];
  readonly #load: (part: DueLines) => Promise<Due>;
  #ahead: Promise<Ahead | null> = nothing;

  /** `parts` in the order in which their mail goes. */
  constructor(work: LockedWork, parts: readonly DueLines[], load: (part: DueLines) => Promise<Due>) {
    this.#work = work;
    this.#parts = parts;
    this.#load = load;
  }

  /** What is wrong with the archive; null: object and manifest are still what was written. */
  async faultOf(due: Due): Promise<string | null> {
    const pending = this.#ahead;
    this.#ahead = nothing;
    // One that could not be read ahead is read at its turn, and fails then if it must.
    const ahead = await pending.catch(() => null);
    if (ahead?.fault === null && (await stillStands(this.#work, ahead, due))) return null;
    return faultOf(this.#work, due);
  }

  /** Starts on the archive after this one. */
  beginAfter({ record }: Due): void {
    const place = this.#parts.findIndex((part) => part.record.id === record.id);
    const next = this.#parts[place + 1];
    if (place < 0 || next === undefined) return;
    this.#ahead = this.#read(next);
    // Reported when its turn comes; never unhandled meanwhile.
    this.#ahead.catch(() => undefined);
  }

  /** Waits until nothing is being read any more. */
  async settled(): Promise<void> {
    await this.#ahead.catch(() => undefined);
  }

  async #read(part: DueLines): Promise<Ahead | null> {
    // From another machine an archive is read once, not perhaps twice.
    if (this.#work.gate.find(part.record.store).kind !== 'local') return null;
    const due = await this.#load(part);
    const fault = await faultOf(this.#work, due);
    return { due, fault, ended: this.#work.clock.now() };
  }
}

/** How a purge learns whether an archive is still what was written. */
export type ArchiveProofs = Pick<ReadAhead, 'faultOf' | 'beginAfter'>;

/** Each archive at its turn, and none before. */
export function provedInTurn(work: LockedWork): ArchiveProofs {
  return { faultOf: (due) => faultOf(work, due), beginAfter: () => undefined };
}

/** Whether what was read ahead is what is asked for, the catalog says the same, and the files are there. */
async function stillStands(work: LockedWork, ahead: Ahead, { record, entries }: Due): Promise<boolean> {
  const known = await work.catalog.archive(record.id);
  if (known?.state !== 'verified') return false;
  const now = work.clock.now();
  if (!covers(ahead.due, ahead.ended, { record: known, entries }, now)) return false;
  const store = await work.gate.open(known.store);
  return filesStand(store, known);
}

/** An archive, and lines of it that are compared with its manifest. */
interface Compared {
  readonly record: Pick<ArchiveRecord, 'id' | 'manifestSha256'>;
  readonly entries: readonly Pick<DeleteEntry, 'line'>[];
}

/**
 * Whether an archive that was read ahead, up to `ended`, is the one asked for now, with all its
 * lines, and not long ago. Of a clock that was set back nothing is believed.
 */
export function covers(read: Compared, ended: Date, asked: Compared, now: Date): boolean {
  const sinceMs = now.getTime() - ended.getTime();
  const compared = new Set(read.entries.map((entry) => entry.line));
  return (
    read.record.id === asked.record.id &&
    read.record.manifestSha256 === asked.record.manifestSha256 &&
    asked.entries.every((entry) => compared.has(entry.line)) &&
    sinceMs >= 0 &&
    sinceMs < aheadMs
  );
}

/** Local files are always read in full, unless this run did and they are untouched; others as needed. */
async function faultOf(work: LockedWork, { record, entries }: Due): Promise<string | null> {
  const store = await work.gate.open(record.store);
  const now = work.clock.now();
  const since = record.objectVersion === null ? work.started.getTime() : now.getTime() - freshMs;
  const fresh = record.verifiedAt !== null && record.verifiedAt.getTime() >= since;
  if (store.kind !== 'local' && fresh && (await filesStand(store, record))) return null;
  if (store.kind === 'local' && (await seenInThisRun(work, store, record, entries))) return null;
  const isUnchanged = (known: ArchiveRecord) => work.readBack.isUnchanged(store, known, work.clock.now());
  const [fault = null] = await faultsOf({ ...work, isUnchanged }, store, record, entries);
  return fault;
}

/** Whether this run verified the archive and both files are still the same; its manifest is not parsed again then. */
async function seenInThisRun(
  work: LockedWork,
  store: Store,
  { id }: ArchiveRecord,
  entries: readonly DeleteEntry[],
): Promise<boolean> {
  const known = await work.catalog.archive(id);
  if (known?.state !== 'verified' || known.encryption !== null || known.objectVersion !== null) return false;
  try {
    const { sha256 } = await digestOf(store.read(known.manifestKey));
    return await work.readBack.stillSays({ store, known, now: work.clock.now() }, sha256, entries);
  } catch (error) {
    // What can't be read now is reported by the reading that follows.
    if (isError(error, 'missing', 'verify')) return false;
    throw error;
  }
}

/** Whether both files are there, and the object is of the length and version that were verified. */
async function filesStand(store: Store, record: ArchiveRecord): Promise<boolean> {
  const { storedBytes, objectVersion } = record;
  const object = await store.stat(record.key);
  const same = object?.bytes === storedBytes && (objectVersion === null || object.version === objectVersion);
  return same && (await store.stat(record.manifestKey)) !== null;
}
