import { uid } from './domain/brands.ts';
import type { Bytes, Sha256 } from './domain/brands.ts';
import { bytes } from './domain/brands.ts';
import { maxArchiveBytes, maxArchiveMessages } from './domain/batching.ts';
import { importedFolder, importMark } from './domain/imported.ts';
import { ImportJudge } from './domain/import-judge.ts';
import type { ArchiveRule } from './domain/policy.ts';
import { formatBytes } from './domain/size.ts';
import {
  readSource,
  type ImportProblem,
  type ImportSink,
  type ImportSource,
  type Incoming,
} from './import-source.ts';
import { ImportCounter, survey, tally, type ImportTally, type Survey } from './import-survey.ts';
import type { ArchiveWriter, NewMessage } from './ports/codec.ts';
import { seal, verify, type SealBatch } from './seal.ts';
import { emptySpool, requireSpoolSpace } from './spool.ts';
import type { Work } from './work.ts';

export interface ArchiveImportReport extends ImportTally {
  /** Archives made, verified or not. */
  readonly archives: readonly { readonly id: Sha256; readonly verified: boolean }[];
  readonly problems: readonly ImportProblem[];
  readonly otherFiles: number;
}

type Reading = Pick<Work, 'account' | 'catalog' | 'clock' | 'signal' | 'progress'>;

/** What importing into the archive would add. Writes nothing. `stores` are those that are configured. */
export async function planArchiveImport(
  work: Reading,
  source: ImportSource,
  stores: readonly string[],
): Promise<ArchiveImportReport> {
  const found = await survey(source, work.clock.now(), work.signal, work.progress);
  const { problems, otherFiles } = found;
  return { ...tally(found.entries, await heldOf(work, stores, found)), archives: [], problems, otherFiles };
}

/**
 * Puts mail from files into archives of one account, sealed and verified like any other, but under
 * an identity that nothing on a server can have: nothing is ever deleted on their word. No batch is
 * recorded: after a crash the same import makes the same archive again and adopts what lies there.
 * The caller holds the account's lock.
 */
export async function importIntoArchive(
  work: Work,
  source: ImportSource,
  rule: ArchiveRule,
  stores: readonly string[],
): Promise<ArchiveImportReport> {
  const now = work.clock.now();
  const found = await survey(source, now, work.signal, work.progress);
  const held = await heldOf(work, stores, found);
  const planned = tally(found.entries, held);
  if (planned.imported.messages === 0) {
    const { problems, otherFiles } = found;
    return { ...planned, archives: [], problems, otherFiles };
  }
  await work.gate.open(rule.to);
  await emptySpool(work.spoolPath);
  const limit = Math.min(maxArchiveBytes, Math.floor(work.spoolMaxBytes / spoolShare));
  await requireSpoolSpace(work.spoolPath, bytes(Math.min(limit, planned.imported.bytes)));
  const job = new ArchiveImport(work, rule, limit, new ImportJudge(held));
  work.progress.begin(`${work.account.account}: importing`, planned.imported);
  try {
    const { otherFiles } = await readSource(source, now, work.signal, job);
    await job.seal();
    return { ...job.report(), otherFiles };
  } finally {
    work.progress.end();
    await job.abort();
  }
}

/** The spool may hold an archive and beside it the raw bytes of one large message. */
const spoolShare = 4;

function heldOf(
  { catalog, account }: Reading,
  stores: readonly string[],
  { entries }: Survey,
): Promise<ReadonlyMap<Sha256, number>> {
  return catalog.copiesHeld(account, stores, new Set(entries.map(({ sha256 }) => sha256)));
}

class ArchiveImport implements ImportSink {
  readonly #work: Work;
  readonly #rule: ArchiveRule;
  readonly #limit: number;
  readonly #judge: ImportJudge;
  readonly #counter = new ImportCounter();
  readonly #archives: { readonly id: Sha256; readonly verified: boolean }[] = [];
  readonly #problems: ImportProblem[] = [];
  #open: { readonly writer: ArchiveWriter; readonly folder: string; readonly created: Date } | null = null;
  /** The large message that is being written; `size` so far. */
  #large: { readonly message: Incoming; size: number } | null = null;

  constructor(work: Work, rule: ArchiveRule, limit: number, judge: ImportJudge) {
    this.#work = work;
    this.#rule = rule;
    this.#limit = limit;
    this.#judge = judge;
  }

  report(): Omit<ArchiveImportReport, 'otherFiles'> {
    return { ...this.#counter.tally(), archives: this.#archives, problems: this.#problems };
  }

  async whole(message: Incoming, data: Uint8Array, sha256: Sha256): Promise<void> {
    const size = data.length;
    if (this.#isTooLarge(message, size) || !this.#wants(message, sha256, size)) return;
    const writer = await this.#writerFor(message, size);
    await writer.add(asNew(message, writer), data);
    this.#work.progress.advance(1, size);
  }

  async begin(message: Incoming): Promise<void> {
    // Its size is not known yet: an archive that is half full is closed before it.
    const writer = await this.#writerFor(message, this.#limit / 2);
    this.#large = { message, size: 0 };
    await writer.begin(asNew(message, writer));
  }

  async piece(data: Uint8Array): Promise<void> {
    if (this.#large === null) return;
    this.#large.size += data.length;
    if (this.#large.size <= this.#limit) await this.#open?.writer.piece(data);
  }

  async end(sha256: Sha256, size: number): Promise<void> {
    const message = this.#large?.message;
    this.#large = null;
    if (message === undefined) return;
    const keep = !this.#isTooLarge(message, size) && this.#wants(message, sha256, size);
    await this.#open?.writer.end(keep);
    if (keep) this.#work.progress.advance(1, size);
  }

  async broken(): Promise<void> {
    this.#large = null;
    await this.#open?.writer.end(false);
  }

  problem(problem: ImportProblem): void {
    this.#problems.push(problem);
  }

  /** Stores, seals and verifies what was gathered (SAFETY steps 5–7). */
  async seal(): Promise<void> {
    const open = this.#open;
    if (open === null || open.writer.count === 0) return;
    const sealed = await seal(this.#work, this.#batch(open.folder, open.created), open.writer);
    await this.abort();
    const verified = await verify(this.#work, sealed.record, false);
    this.#archives.push({ id: sealed.record.id, verified });
  }

  /** Removes what lies in the spool. */
  async abort(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.writer.abort();
  }

  #wants({ folder }: Incoming, sha256: Sha256, size: number): boolean {
    const verdict = this.#judge.judge(folder, sha256);
    this.#counter.count(verdict, folder, size);
    return verdict === 'new';
  }

  #isTooLarge({ path, number }: Incoming, size: number): boolean {
    if (size <= this.#limit) return false;
    const most: Bytes = bytes(this.#limit);
    const reason = `${formatBytes(bytes(size))} is more than an import takes (${formatBytes(most)}: 256 MiB, or a quarter of spool.maxBytes)`;
    this.#problems.push({ path, message: number, reason });
    return true;
  }

  /** A writer with room for so many octets more of the message's folder. */
  async #writerFor({ folder }: Incoming, size: number): Promise<ArchiveWriter> {
    const full =
      this.#open !== null &&
      this.#open.writer.count > 0 &&
      (this.#open.folder !== folder ||
        this.#open.writer.rawBytes + size > this.#limit ||
        this.#open.writer.count >= maxArchiveMessages);
    if (full) await this.seal();
    else if (this.#open !== null && this.#open.folder !== folder) await this.abort();
    const { format, compression } = this.#rule;
    this.#open ??= {
      folder,
      created: this.#work.clock.now(),
      writer: this.#work.codec.writer({
        format,
        compression,
        spoolDir: this.#work.spoolPath,
        headerNames: this.#work.headerNames,
      }),
    };
    return this.#open.writer;
  }

  #batch(folder: string, created: Date): SealBatch {
    const { to, format, compression } = this.#rule;
    return {
      ...this.#work.account,
      ...importedFolder,
      key: null,
      run: this.#work.run,
      created,
      folder,
      roles: [],
      policy: importMark,
      policyHash: '',
      store: to,
      format,
      compression,
    };
  }
}

/** UIDs of imported mail count the messages of an archive from 1. */
function asNew({ internalDate, flags }: Incoming, writer: ArchiveWriter): NewMessage {
  return {
    uid: uid(writer.count + 1),
    internalDate,
    flags,
    emailId: null,
    labels: [],
    sizeMismatch: false,
  };
}
