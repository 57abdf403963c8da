/**
 * `import/`: mail from files of other programs. `source.ts` reads the files into a sink, one message
 * after the other and in bounded memory; `survey.ts` is the sink that only counts. `into-archive.ts`
 * with `archive-sink.ts` makes archives of the mail, `onto-server.ts` puts it on a server. Imported
 * mail never causes a deletion: this room cannot reach `purge`.
 * May import `restore`, `archive`, `preflight`, `work` and what is below the rooms.
 */
import { createHash, type Hash } from 'node:crypto';
import { type Sha256, sha256 as asSha256 } from '../domain/brands.ts';
import { fileFacts } from '../format/file-facts.ts';
import type { MailFile, MailFileEvent, MailFileKind, MailFiles, MboxQuoting } from '../ports/mail-files.ts';

/** What is to be imported, and into which folder. */
export interface ImportSource {
  readonly files: MailFiles;
  readonly path: string;
  /** Null: by what is there. */
  readonly kind: MailFileKind | null;
  readonly quoting: MboxQuoting | null;
  /** Folder name with `/` between levels; what is stored deeper goes to folders below it. */
  readonly folder: string;
}

export interface ImportProblem {
  readonly path: string;
  /** Number of the message in its file, from 1; null: the file itself. */
  readonly message: number | null;
  readonly reason: string;
}

/** A message of a file, without its bytes. */
export interface Incoming {
  readonly path: string;
  readonly number: number;
  readonly folder: string;
  readonly internalDate: Date;
  readonly flags: readonly string[];
}

/** Takes messages one after another. */
export interface ImportSink {
  /** One that fits in memory; the sink may keep `data`. */
  whole(message: Incoming, data: Uint8Array, sha256: Sha256): Promise<void>;
  /** A larger one: its pieces follow, each good until the next call, then `end`, or `broken` when it can't be read to its end. */
  begin(message: Incoming): Promise<void>;
  piece(data: Uint8Array): Promise<void>;
  end(sha256: Sha256, size: number): Promise<void>;
  broken(): Promise<void>;
  problem(problem: ImportProblem): void;
}

/** A message of up to this many bytes is held in memory. */
const wholeLimit = 8 * 1024 * 1024;

/** Reads every message of a source into a sink, in a fixed order. Returns how many files hold no mail. */
export async function readSource(
  source: ImportSource,
  now: Date,
  signal: AbortSignal,
  sink: ImportSink,
): Promise<{ readonly otherFiles: number }> {
  let otherFiles = 0;
  for await (const found of source.files.find(source.path, source.kind)) {
    signal.throwIfAborted();
    if (found.kind === 'other') otherFiles += 1;
    if (found.kind === 'fault') sink.problem({ path: found.path, message: null, reason: found.reason });
    if (found.kind !== 'file') continue;
    const reading = new FileReading(found.file, [source.folder, ...found.file.folder].join('/'), now, sink);
    for await (const event of source.files.messages(found.file, source.quoting)) {
      signal.throwIfAborted();
      await reading.take(event);
    }
  }
  return { otherFiles };
}

type MessageStart = Extract<MailFileEvent, { readonly kind: 'message' }>;

/** Gathers the events of one file into messages. */
class FileReading {
  readonly #file: MailFile;
  readonly #folder: string;
  readonly #now: Date;
  readonly #sink: ImportSink;
  #start: MessageStart | null = null;
  #gathered: Buffer[] = [];
  #size = 0;
  #large = false;
  #hash: Hash = createHash('sha256');

  constructor(file: MailFile, folder: string, now: Date, sink: ImportSink) {
    this.#file = file;
    this.#folder = folder;
    this.#now = now;
    this.#sink = sink;
  }

  async take(event: MailFileEvent): Promise<void> {
    switch (event.kind) {
      case 'message':
        this.#start = event;
        this.#gathered = [];
        this.#size = 0;
        this.#large = false;
        this.#hash = createHash('sha256');
        return;
      case 'data':
        await this.#data(event.data);
        return;
      case 'end': {
        const sha256 = asSha256(this.#hash.digest('hex'));
        if (this.#large) await this.#sink.end(sha256, this.#size);
        else {
          const data = Buffer.concat(this.#gathered);
          await this.#sink.whole(this.#describe(data), data, sha256);
        }
        this.#start = null;
        return;
      }
      case 'fault':
        if (this.#large && this.#start !== null) await this.#sink.broken();
        this.#sink.problem({
          path: this.#file.path,
          message: this.#start?.number ?? null,
          reason: event.reason,
        });
        this.#start = null;
    }
  }

  async #data(data: Uint8Array): Promise<void> {
    if (data.length === 0) return;
    this.#hash.update(data);
    this.#size += data.length;
    if (this.#large) {
      await this.#sink.piece(data);
      return;
    }
    this.#gathered.push(Buffer.from(data));
    if (this.#size <= wholeLimit) return;
    // What was gathered holds the header of any message that is one.
    const first = Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#large = true;
    await this.#sink.begin(this.#describe(first));
    await this.#sink.piece(first);
  }

  #describe(head: Uint8Array): Incoming {
    const { path, kind, flags } = this.#file;
    const { number = 1, envelopeDate = null, modified = this.#now } = this.#start ?? {};
    const facts = fileFacts({ kind, envelopeDate, modified, flags }, head, this.#now);
    return { path, number, folder: this.#folder, ...facts };
  }
}
