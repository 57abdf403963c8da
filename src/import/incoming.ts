import type { Sha256 } from '../domain/brands.ts';
import type { Codec } from '../ports/codec.ts';
import type { MailFileKind, MailFiles, MboxQuoting } from '../ports/mail-files.ts';

/** What is to be imported, and into which folder. */
export interface ImportSource {
  readonly files: MailFiles;
  /** Reads archives of Mothball. */
  readonly codec: Pick<Codec, 'messages'>;
  readonly path: string;
  /** Null: by what is there. */
  readonly kind: MailFileKind | null;
  readonly quoting: MboxQuoting | null;
  /** Folder name with `/` between levels; what is stored deeper goes to folders below it. */
  readonly folder: string;
  /** What makes folders below it: the files, or the labels of Gmail where a message has them. */
  readonly foldersFrom: 'files' | 'gmail-labels';
  /** Where a message of our own archives or of a Takeout that has labels of Gmail goes; they are put back there. */
  readonly labelsTo?: string | null;
  /** Take what its mail program marked as deleted, too. */
  readonly withDeleted: boolean;
}

/** What a source holds beside the messages that are taken. */
export interface SourceFacts {
  /** Files that were not taken. */
  readonly otherFiles: number;
  readonly skipped: readonly { readonly path: string; readonly kind: string }[];
  /** What people should know of a file whose mail was taken. */
  readonly notes: readonly { readonly path: string; readonly note: string }[];
  /** Messages that their mail program marked as deleted, not taken. */
  readonly deleted: number;
  /** Notes of mail programs about their folders, not taken. */
  readonly folderData: number;
  /** Messages taken that have no readable date: they got that of their file. */
  readonly datedByFile: number;
  /** Messages with labels of Gmail that make no folders. */
  readonly labelsUnused: number;
}

export interface ImportProblem {
  readonly path: string;
  /** Number of the message in its file, from 1; null: the file itself. */
  readonly message: number | null;
  /** Where that message starts in the (decompressed) file, in bytes. */
  readonly offset: number | null;
  readonly reason: string;
}

/** A message of a file, without its bytes. */
export interface Incoming {
  readonly path: string;
  readonly number: number;
  readonly offset: number;
  readonly folder: string;
  readonly internalDate: Date;
  readonly flags: readonly string[];
  /** Of Gmail, where it comes from an archive or a Takeout that has them. */
  readonly labels?: readonly string[];
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
