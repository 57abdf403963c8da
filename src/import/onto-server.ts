import { bytes, type Sha256 } from '../domain/brands.ts';
import { allMailOf } from '../domain/folder.ts';
import { skippedText } from '../domain/folder-problem.ts';
import { ImportJudge } from '../domain/import-judge.ts';
import { serverPath } from '../domain/server-path.ts';
import { formatBytes } from '../domain/size.ts';
import { errorMessage, isConnectionLost } from '../errors.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import { Copies, copiesThere, type Outgoing } from '../restore/compare.ts';
import { type FolderUpload, MailUpload } from '../restore/put-mail.ts';
import type { AccountWork } from '../work/account-work.ts';
import { isCatchable } from '../work/isolate.ts';
import type { LockedWork } from '../work/locked-work.ts';
import type { ImportProblem, ImportSink, ImportSource, Incoming, SourceFacts } from './incoming.ts';
import { readSource } from './source.ts';
import { ImportCounter, type ImportTally, survey } from './survey.ts';

export interface ServerImportReport extends ImportTally, SourceFacts {
  readonly problems: readonly ImportProblem[];
  /** The server's words when the mailbox was full; the messages after that were not tried. */
  readonly full: string | null;
}

/** A message that is put on a server is held in memory as a whole. */
const largest = 256 * 1024 * 1024;

function tooLarge(size: number): string | null {
  return size <= largest
    ? null
    : `${formatBytes(bytes(size))} is more than an import puts on a server (256 MiB)`;
}

/** What importing onto the server would add. Changes nothing: EXAMINE and reading only. */
export async function planServerImport(work: AccountWork, given: ImportSource): Promise<ServerImportReport> {
  const source = await withAllMail(work, given);
  const found = await survey(work, source, tooLarge);
  const session = await work.connection.session();
  const folders = await session.folders();
  const counter = new ImportCounter();
  const refusals: ImportProblem[] = [];
  for (const [name, sizes] of found.entries.sizesByFolder()) {
    const path = serverPath(folders, name);
    const known = folders.some((folder) => folder.path === path && folder.selectable);
    let there = new Copies();
    const refused = await work.folders.visit(path, async (reader) => {
      if (known) there = await copiesThere(reader, path, { sizes });
    });
    if (refused !== null) {
      refusals.push({ path: name, message: null, offset: null, reason: skippedText(refused) });
      continue;
    }
    const judge = new ImportJudge(
      new Map([...there.digests()].map((sha256) => [sha256, there.count(sha256)])),
    );
    for (const { folder, sha256, size } of found.entries.of(name))
      counter.count(judge.judge(folder, sha256), folder, size);
  }
  return { ...counter.counts(), problems: [...found.problems, ...refusals], ...found.facts, full: null };
}

/**
 * Puts mail from files on the server with flags and INTERNALDATE, making folders as needed. What a
 * folder holds already is not added again, and every message is fetched back and compared, as in a
 * restore.
 */
export async function importOntoServer(work: LockedWork, given: ImportSource): Promise<ServerImportReport> {
  await requireNotPaused(work.catalog);
  const source = await withAllMail(work, given);
  const found = await survey(work, source, tooLarge);
  const sink = new ServerImport(work, found.entries.sizesByFolder(), source.labelsTo ?? null);
  work.progress.begin(`${work.account.account}: importing`, {
    messages: found.entries.length,
    bytes: found.entries.totalSize,
  });
  try {
    const facts = await readSource(source, work.clock.now(), work.signal, sink);
    await sink.flush();
    return { ...sink.report(), ...facts };
  } finally {
    await sink.close();
    work.progress.end();
  }
}

/** On Gmail, mail that has labels goes to All Mail once, as a restore puts it there. */
async function withAllMail({ connection }: AccountWork, source: ImportSource): Promise<ImportSource> {
  const session = await connection.session();
  if (!session.capabilities.gmail) return source;
  return { ...source, labelsTo: allMailOf(await session.folders())?.path ?? null };
}

interface ImportMessage extends Outgoing {
  readonly from: Incoming;
}

class ServerImport implements ImportSink {
  readonly #work: LockedWork;
  readonly #sizes: ReadonlyMap<string, ReadonlySet<number>>;
  readonly #labelsTo: string | null;
  readonly #judge = new ImportJudge(new Map());
  readonly #counter = new ImportCounter();
  readonly #problems: ImportProblem[] = [];
  readonly #upload: MailUpload<ImportMessage>;
  /** Null: the server refused to open or create it. */
  readonly #folders = new Map<string, FolderUpload<ImportMessage> | null>();
  #current: FolderUpload<ImportMessage> | null = null;
  #large: { readonly message: Incoming; readonly pieces: Buffer[]; size: number } | null = null;

  constructor(work: LockedWork, sizes: ReadonlyMap<string, ReadonlySet<number>>, labelsTo: string | null) {
    this.#work = work;
    this.#labelsTo = labelsTo;
    this.#sizes = sizes;
    this.#upload = new MailUpload<ImportMessage>(work, {
      before: () => requireNotPaused(work.catalog),
      problem: ({ from }, outcome, detail) => this.#addProblem(from, `${outcome}: ${detail}`),
      made: async (_path, _state, made) => {
        for (const { message } of made) this.#counter.count('new', message.from.folder, message.data.length);
      },
    });
  }

  report(): Omit<ServerImportReport, keyof SourceFacts> {
    const { present, full } = this.#upload.report();
    return { ...this.#counter.counts(), present, problems: this.#problems, full };
  }

  async whole(from: Incoming, data: Uint8Array, sha256: Sha256): Promise<void> {
    if (this.#upload.isFull) return;
    if (this.#judge.judge(from.folder, sha256) === 'double') {
      this.#counter.count('double', from.folder, data.length);
      this.#work.progress.advance(1, data.length);
      return;
    }
    const folder = await this.#folder(from.folder);
    if (folder !== this.#current) await this.flush();
    this.#current = folder;
    const { flags, labels = [] } = from;
    const internalDate = from.internalDate.toISOString();
    const info = { sha256, size: bytes(data.length), flags, internalDate, labels };
    await folder?.put({ from, data, info });
  }

  async begin(message: Incoming): Promise<void> {
    this.#large = { message, pieces: [], size: 0 };
  }

  async piece(data: Uint8Array): Promise<void> {
    if (this.#large === null) return;
    this.#large.size += data.length;
    if (this.#large.size <= largest) this.#large.pieces.push(Buffer.from(data));
    else this.#large.pieces.length = 0;
  }

  async end(sha256: Sha256, size: number): Promise<void> {
    const large = this.#large;
    this.#large = null;
    if (large === null) return;
    const reason = tooLarge(size);
    if (reason === null) await this.whole(large.message, Buffer.concat(large.pieces), sha256);
    else this.#addProblem(large.message, reason);
  }

  async broken(): Promise<void> {
    this.#large = null;
  }

  problem(problem: ImportProblem): void {
    this.#problems.push(problem);
  }

  async flush(): Promise<void> {
    await this.#current?.flush();
  }

  /** Waits for what is being compared, whatever comes of it. */
  async close(): Promise<void> {
    await this.#upload[Symbol.asyncDispose]();
  }

  #addProblem({ path, number, offset }: Incoming, reason: string): void {
    this.#problems.push({ path, message: number, offset, reason });
  }

  /** Null when the server refuses it; this is reported once. */
  async #folder(name: string): Promise<FolderUpload<ImportMessage> | null> {
    const known = this.#folders.get(name);
    if (known !== undefined) return known;
    await this.flush();
    this.#current = null;
    await requireNotPaused(this.#work.catalog);
    let folder: FolderUpload<ImportMessage> | null = null;
    try {
      const path = serverPath(await (await this.#work.connection.session()).folders(), name);
      folder = await this.#upload.folder(
        path,
        { sizes: this.#sizes.get(name) ?? new Set() },
        name === this.#labelsTo,
      );
    } catch (error) {
      if (!isCatchable(error) || isConnectionLost(error)) throw error;
      this.#problems.push({
        path: name,
        message: null,
        offset: null,
        reason: `nothing was put into this folder: ${errorMessage(error)}`,
      });
    }
    this.#folders.set(name, folder);
    return folder;
  }
}
