import { seal } from '../archive/seal.ts';
import type { SealBatch } from '../archive/sealing.ts';
import { verify } from '../archive/verify.ts';
import { maxArchiveMessages } from '../domain/batching.ts';
import { mostManifestText } from '../domain/bounds.ts';
import { bytes, type Sha256, uid } from '../domain/brands.ts';
import type { ImportJudge } from '../domain/import-judge.ts';
import { importedFolder, importMark } from '../domain/imported.ts';
import type { ArchiveRule } from '../domain/policy.ts';
import { formatBytes } from '../domain/size.ts';
import type { ArchiveWriter, NewMessage } from '../ports/codec.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import type { LockedWork } from '../work/locked-work.ts';
import type { ImportProblem, ImportSink, Incoming } from './source.ts';
import { ImportCounter, type ImportTally } from './survey.ts';

/** An archive of imported mail, and whether it read back as it was written. */
export interface MadeArchive {
  readonly id: Sha256;
  readonly verified: boolean;
}

/** Gathers new messages into archives, folder by folder; each is sealed and verified before the next begins. */
export class ArchiveSink implements ImportSink {
  readonly #work: LockedWork;
  readonly #rule: ArchiveRule;
  readonly #limit: number;
  readonly #judge: ImportJudge;
  readonly #counter = new ImportCounter();
  readonly #archives: MadeArchive[] = [];
  readonly #problems: ImportProblem[] = [];
  #open: { readonly writer: ArchiveWriter; readonly folder: string; readonly created: Date } | null = null;
  /** The large message that is being written, and its size so far. */
  #large: { readonly message: Incoming; size: number } | null = null;

  constructor(work: LockedWork, rule: ArchiveRule, limit: number, judge: ImportJudge) {
    this.#work = work;
    this.#rule = rule;
    this.#limit = limit;
    this.#judge = judge;
  }

  report(): ImportTally & {
    readonly archives: readonly MadeArchive[];
    readonly problems: readonly ImportProblem[];
  } {
    return { ...this.#counter.counts(), archives: this.#archives, problems: this.#problems };
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
    // A copy: the writer may free what it is given, and this memory is used again.
    if (this.#large.size <= this.#limit) await this.#open?.writer.piece(Uint8Array.from(data));
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
    this.#work.signal.throwIfAborted();
    await requireNotPaused(this.#work.catalog);
    const sealed = await seal(this.#work, this.#batch(open.folder, open.created), open.writer);
    await this.abort();
    const verified = await verify(this.#work, sealed.record, false);
    this.#archives.push({ id: sealed.record.id, verified });
  }

  /** Removes the spooled archive. */
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
    const reason = `${formatBytes(bytes(size))} is more than an import takes (${formatBytes(bytes(this.#limit))}: 256 MiB, or a quarter of spool.maxBytes, a fifth where the store is encrypted)`;
    this.#problems.push({ path, message: number, reason });
    return true;
  }

  /** A writer for the message's folder that has room for this many more bytes. */
  async #writerFor({ folder }: Incoming, size: number): Promise<ArchiveWriter> {
    const full =
      this.#open !== null &&
      this.#open.writer.count > 0 &&
      (this.#open.folder !== folder ||
        this.#open.writer.rawBytes + size > this.#limit ||
        this.#open.writer.manifestText >= mostManifestText ||
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
        folder: folder.split('/'),
        spoolDir: this.#work.spool.path,
        headerNames: this.#work.rules.headerNames,
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

/** Imported mail has no UIDs: the messages of an archive are numbered from 1. */
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
