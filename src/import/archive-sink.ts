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
import type { ImportProblem, ImportSink, Incoming } from './incoming.ts';
import { ImportCounter, type ImportTally } from './survey.ts';

/** An archive of imported mail, and whether it read back as it was written. */
export interface MadeArchive {
  readonly id: Sha256;
  readonly verified: boolean;
}

interface OpenArchive {
  readonly writer: ArchiveWriter;
  readonly folder: string;
  readonly created: Date;
}

/** Why a message of this size is not taken; null: it is. */
export function tooLarge(size: number, limit: number): string | null {
  if (size <= limit) return null;
  return `${formatBytes(bytes(size))} is more than an import takes (${formatBytes(bytes(limit))}: 256 MiB, or a quarter of spool.maxBytes, a fifth where the store is encrypted)`;
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
  /** By folder. Only one, unless folders come mixed. */
  readonly #open = new Map<string, OpenArchive>();
  /** Folders of this reading; null: all, one after the other. */
  #folders: ReadonlySet<string> | null = null;
  #readings = 0;
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

  /** The folders that the next reading takes; null: all, which come one after the other. */
  take(folders: ReadonlySet<string> | null): void {
    this.#folders = folders;
    this.#readings += 1;
  }

  async whole(message: Incoming, data: Uint8Array, sha256: Sha256): Promise<void> {
    const size = data.length;
    if (!this.#takes(message)) return;
    if (this.#isTooLarge(message, size) || !this.#wants(message, sha256, size)) return;
    const writer = await this.#writerFor(message, size);
    await writer.add(asNew(message, writer), data);
    this.#work.progress.advance(1, size);
  }

  async begin(message: Incoming): Promise<void> {
    if (!this.#takes(message)) return;
    // Its size is not known yet: an archive that is half full is closed before it.
    const writer = await this.#writerFor(message, this.#limit / 2);
    this.#large = { message, size: 0 };
    await writer.begin(asNew(message, writer));
  }

  async piece(data: Uint8Array): Promise<void> {
    if (this.#large === null) return;
    this.#large.size += data.length;
    // A copy: the writer may free what it is given, and this memory is used again.
    if (this.#large.size <= this.#limit)
      await this.#open.get(this.#large.message.folder)?.writer.piece(Uint8Array.from(data));
  }

  async end(sha256: Sha256, size: number): Promise<void> {
    const message = this.#large?.message;
    this.#large = null;
    if (message === undefined) return;
    const keep = !this.#isTooLarge(message, size) && this.#wants(message, sha256, size);
    await this.#open.get(message.folder)?.writer.end(keep);
    if (keep) this.#work.progress.advance(1, size);
  }

  async broken(): Promise<void> {
    const message = this.#large?.message;
    this.#large = null;
    if (message !== undefined) await this.#open.get(message.folder)?.writer.end(false);
  }

  problem(problem: ImportProblem): void {
    // Every reading meets the same ones.
    if (this.#readings <= 1) this.#problems.push(problem);
  }

  /** Stores, seals and verifies what was gathered (SAFETY steps 5–7). */
  async seal(): Promise<void> {
    for (const open of this.#open.values()) await this.#seal(open);
  }

  async #seal(open: OpenArchive): Promise<void> {
    if (open.writer.count > 0) {
      this.#work.signal.throwIfAborted();
      await requireNotPaused(this.#work.catalog);
      const sealed = await seal(this.#work, this.#batch(open.folder, open.created), open.writer);
      await this.#close(open);
      const verified = await verify(this.#work, sealed.record, false);
      this.#archives.push({ id: sealed.record.id, verified });
    } else await this.#close(open);
  }

  async #close({ folder, writer }: OpenArchive): Promise<void> {
    this.#open.delete(folder);
    await writer.abort();
  }

  /** Removes the spooled archives. */
  async abort(): Promise<void> {
    for (const open of this.#open.values()) await this.#close(open);
  }

  #takes({ folder }: Incoming): boolean {
    return this.#folders?.has(folder) ?? true;
  }

  #wants({ folder }: Incoming, sha256: Sha256, size: number): boolean {
    const verdict = this.#judge.judge(folder, sha256);
    this.#counter.count(verdict, folder, size);
    return verdict === 'new';
  }

  #isTooLarge({ path, number, offset }: Incoming, size: number): boolean {
    const reason = tooLarge(size, this.#limit);
    if (reason !== null) this.#problems.push({ path, message: number, offset, reason });
    return reason !== null;
  }

  /** A writer for the message's folder that has room for this many more bytes. */
  async #writerFor({ folder }: Incoming, size: number): Promise<ArchiveWriter> {
    if (this.#folders === null)
      for (const other of this.#open.values()) if (other.folder !== folder) await this.#seal(other);
    const open = this.#open.get(folder);
    if (open !== undefined) {
      const { count, rawBytes, manifestText } = open.writer;
      const fits =
        rawBytes + size <= this.#limit && manifestText < mostManifestText && count < maxArchiveMessages;
      if (count === 0 || fits) return open.writer;
      await this.#seal(open);
    }
    const { format, compression } = this.#rule;
    const writer = this.#work.codec.writer({
      format,
      compression,
      folder: folder.split('/'),
      spoolDir: this.#work.spool.path,
      headerNames: this.#work.rules.headerNames,
    });
    this.#open.set(folder, { folder, created: this.#work.clock.now(), writer });
    return writer;
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
      spelling: null,
      policy: importMark,
      policyHash: '',
      store: to,
      format,
      compression,
    };
  }
}

/** Imported mail has no UIDs: the messages of an archive are numbered from 1. */
function asNew({ internalDate, flags, labels = [] }: Incoming, writer: ArchiveWriter): NewMessage {
  return {
    uid: uid(writer.count + 1),
    internalDate,
    flags,
    emailId: null,
    labels,
    sizeMismatch: false,
  };
}
