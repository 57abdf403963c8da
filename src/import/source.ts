/**
 * `import/`: mail from files of other programs. `source.ts` reads the files into a sink, one message
 * after the other and in bounded memory; `survey.ts` is the sink that only counts. `into-archive.ts`
 * with `archive-sink.ts` makes archives of the mail, `onto-server.ts` puts it on a server. Imported
 * mail never causes a deletion: this room cannot reach `purge`.
 * May import `restore`, `archive`, `preflight`, `work` and what is below the rooms.
 */
import { createHash, type Hash } from 'node:crypto';
import { sha256 as asSha256 } from '../domain/brands.ts';
import { fileFacts } from '../format/file-facts.ts';
import type { MailFile, MailFileEvent } from '../ports/mail-files.ts';
import type { ImportSink, ImportSource, Incoming, SourceFacts } from './incoming.ts';
import { readOwnArchive } from './own-archive.ts';

/** A message of up to this many bytes is held in memory. */
const wholeLimit = 8 * 1024 * 1024;

/** Reads every message of a source into a sink, in a fixed order. */
export async function readSource(
  source: ImportSource,
  now: Date,
  signal: AbortSignal,
  sink: ImportSink,
): Promise<SourceFacts> {
  const counter = new SourceCounter();
  for await (const found of source.files.find(source.path, source.kind)) {
    signal.throwIfAborted();
    if (found.kind === 'other') {
      counter.skip(found.path, found.what);
      if (found.mail)
        sink.problem({
          path: found.path,
          message: null,
          offset: null,
          reason: `not imported: ${found.what}`,
        });
    }
    if (found.kind === 'fault')
      sink.problem({ path: found.path, message: null, offset: null, reason: found.reason });
    if (found.kind === 'archive')
      await readOwnArchive({ source, codec: source.codec, signal, sink, counter }, found.archive);
    if (found.kind !== 'file') continue;
    const reading = new FileReading({ source, file: found.file, now, sink, counter });
    for await (const event of source.files.messages(found.file, source.quoting)) {
      signal.throwIfAborted();
      await reading.take(event);
    }
  }
  return counter.facts();
}

/** Counts what is not imported, and what people should know of what is. */
class SourceCounter {
  readonly #skipped: { readonly path: string; readonly kind: string }[] = [];
  readonly #notes: { readonly path: string; readonly note: string }[] = [];
  deleted = 0;
  folderData = 0;
  datedByFile = 0;
  labelsUnused = 0;

  skip(path: string, kind: string): void {
    this.#skipped.push({ path, kind });
  }

  note(path: string, note: string): void {
    this.#notes.push({ path, note });
  }

  facts(): SourceFacts {
    const { deleted, folderData, datedByFile, labelsUnused } = this;
    const counts = { deleted, folderData, datedByFile, labelsUnused };
    return { otherFiles: this.#skipped.length, skipped: this.#skipped, notes: this.#notes, ...counts };
  }
}

type MessageStart = Extract<MailFileEvent, { readonly kind: 'message' }>;

interface ReadingContext {
  readonly source: ImportSource;
  readonly file: MailFile;
  readonly now: Date;
  readonly sink: ImportSink;
  readonly counter: SourceCounter;
}

/** Gathers the events of one file into messages. */
class FileReading {
  readonly #context: ReadingContext;
  #start: MessageStart | null = null;
  #gathered: Buffer[] = [];
  #size = 0;
  /** `skipped`: a large message that is not taken. */
  #large: 'no' | 'begun' | 'skipped' = 'no';
  #hash: Hash = createHash('sha256');

  constructor(context: ReadingContext) {
    this.#context = context;
  }

  async take(event: MailFileEvent): Promise<void> {
    const { file, sink, counter } = this.#context;
    switch (event.kind) {
      case 'message':
        this.#start = event;
        this.#gathered = [];
        this.#size = 0;
        this.#large = 'no';
        this.#hash = createHash('sha256');
        return;
      case 'data':
        await this.#data(event.data);
        return;
      case 'end':
        await this.#end();
        return;
      case 'note':
        counter.note(file.path, event.text);
        return;
      case 'fault': {
        if (this.#large === 'begun' && this.#start !== null) await sink.broken();
        if (event.what !== undefined) counter.skip(file.path, event.what);
        const { number = null, offset = null } = this.#start ?? {};
        sink.problem({ path: file.path, message: number, offset, reason: event.reason });
        this.#start = null;
      }
    }
  }

  async #end(): Promise<void> {
    const { sink } = this.#context;
    const sha256 = asSha256(this.#hash.digest('hex'));
    if (this.#large === 'begun') await sink.end(sha256, this.#size);
    if (this.#large === 'no') {
      const data = Buffer.concat(this.#gathered);
      const message = this.#describe(data);
      if (message !== null) await sink.whole(message, data, sha256);
    }
    this.#start = null;
  }

  async #data(data: Uint8Array): Promise<void> {
    if (data.length === 0 || this.#large === 'skipped') return;
    this.#hash.update(data);
    this.#size += data.length;
    const { sink } = this.#context;
    if (this.#large === 'begun') {
      await sink.piece(data);
      return;
    }
    this.#gathered.push(Buffer.from(data));
    if (this.#size <= wholeLimit) return;
    // What was gathered holds the header of any message that is one.
    const first = Buffer.concat(this.#gathered);
    this.#gathered = [];
    const message = this.#describe(first);
    this.#large = message === null ? 'skipped' : 'begun';
    if (message === null) return;
    await sink.begin(message);
    await sink.piece(first);
  }

  /** Null: it is not taken, and counted. */
  #describe(head: Uint8Array): Incoming | null {
    const { file, source, now, counter } = this.#context;
    const { number = 1, offset = 0, envelopeDate = null, modified = now, flags = [] } = this.#start ?? {};
    const stored = [...file.flags, ...flags];
    const facts = fileFacts({ kind: file.kind, envelopeDate, modified, flags: stored }, head, now);
    const deleted = facts.flags.includes('\\deleted');
    if (facts.folderData) counter.folderData += 1;
    else if (deleted && !source.withDeleted) counter.deleted += 1;
    if (facts.folderData || (deleted && !source.withDeleted)) return null;
    if (facts.dateIsOfFile) counter.datedByFile += 1;
    // On Gmail all labels are put back, so none has to make a folder.
    const labelsTo = facts.labels?.aside === false ? (source.labelsTo ?? null) : null;
    const byLabels = labelsTo !== null || source.foldersFrom === 'gmail-labels' ? facts.labels : null;
    if (facts.labels !== null && byLabels === null) counter.labelsUnused += 1;
    const levels = byLabels?.folder ?? file.folder;
    return {
      path: file.path,
      number,
      offset,
      folder: labelsTo ?? [source.folder, ...levels].join('/'),
      internalDate: facts.internalDate,
      labels: facts.labels?.labels ?? [],
      // Nothing is ever put on a server as deleted.
      flags: [...new Set([...facts.flags, ...(byLabels?.flags ?? [])])].filter(
        (flag) => flag !== '\\deleted',
      ),
    };
  }
}
