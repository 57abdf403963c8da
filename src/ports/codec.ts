import type { Bytes, Sha256, Uid } from '../domain/brands.ts';
import type { ArchiveFormat, Compression } from '../domain/policy.ts';
import type { Manifest, ManifestMessage } from '../format/manifest-types.ts';
import type { ByteRange, SpoolFile } from './store.ts';

/** What is known of a message before its bytes are written. */
export interface NewMessage {
  readonly uid: Uid;
  readonly internalDate: Date;
  readonly flags: readonly string[];
  readonly emailId: string | null;
  readonly labels: readonly string[];
  readonly sizeMismatch: boolean;
}

export interface WriterOptions {
  readonly format: ArchiveFormat;
  readonly compression: Compression;
  /** Path of the folder, segment by segment, for formats that keep the tree of folders. */
  readonly folder: readonly string[];
  /** Directory for the spool files of this archive; created with mode 0700 where missing. */
  readonly spoolDir: string;
  /** Header fields (lower case) to record in each manifest line. */
  readonly headerNames: readonly string[];
}

export interface WrittenArchive {
  readonly file: SpoolFile;
  /** In the order of the object. */
  readonly messages: readonly ManifestMessage[];
}

/**
 * Builds one archive object in the spool, off the main thread. Calls are made one after another;
 * each resolves when there is room for more (bounded by bytes). After an error only `abort` is
 * allowed. A written archive holds at least one message.
 */
export interface ArchiveWriter {
  /** Bytes of raw mail and messages added so far. */
  readonly rawBytes: number;
  readonly count: number;
  /** UTF-16 units of the manifest lines made so far; of what was added last they may not be made yet. */
  readonly manifestText: number;
  /** Adds a whole message. `data` may be transferred away: don't use it afterwards. */
  add(message: NewMessage, data: Uint8Array): Promise<void>;
  /** Starts a large message; it costs spool, not memory. */
  begin(message: NewMessage): Promise<void>;
  /** The next bytes of it; as with `add`, don't use them afterwards. */
  piece(data: Uint8Array): Promise<void>;
  /** Ends it. With `keep: false` nothing of it goes into the archive; the digest is returned anyway. */
  end(keep: boolean): Promise<{ readonly sha256: Sha256; readonly length: Bytes }>;
  /** Completes the object and closes the file. @throws RangeError when no message was kept. */
  finish(): Promise<WrittenArchive>;
  /** Removes every spool file of this archive. Safe at any time, more than once. */
  abort(): Promise<void>;
}

/** Reads an object, or a range of it. Each piece is memory of its own, which the caller may free. */
export type ReadObject = (range?: ByteRange) => AsyncIterable<Uint8Array>;

/** One message as it is stored in an archive, decoded to the bytes IMAP delivered. */
export interface ArchivedMessage {
  /** Index into `manifest.messages`, from 0. */
  readonly index: number;
  readonly data: Uint8Array;
  /** To be called by whoever reads many: `data` is not read any more, and its memory may be freed. */
  readonly release: () => void;
}

/** A manifest, or as much of it as reading takes: neighbouring lines with all of each frame's. */
export interface ReadableArchive {
  readonly head: Pick<
    Manifest['head'],
    'id' | 'account' | 'folder' | 'key' | 'store' | 'format' | 'compression'
  >;
  readonly messages: readonly ManifestMessage[];
}

export interface VerifyReport {
  readonly messages: number;
  /** Empty: every byte is as the manifest says. */
  readonly faults: readonly { readonly index: number | null; readonly reason: string }[];
}

/** What search finds in a message: folded words with a blank between them, no more than an index takes. */
export interface MessageText {
  readonly body: string;
  /** Words of the names of its attachments. */
  readonly attachments: string;
  readonly attached: number;
}

export interface Codec {
  writer(options: WriterOptions): ArchiveWriter;
  /**
   * Reads the whole object through the code that restores, off the main thread, in bounded memory:
   * length and SHA-256 of the object, each frame fully consumed, count, order, offsets, and the
   * SHA-256 and size of each message. Faults are returned, failures to read are thrown.
   */
  verify(manifest: Manifest, read: ReadObject): Promise<VerifyReport>;
  /**
   * The wanted messages (indexes ascending), at most one ranged read per frame, each checked against its
   * SHA-256. @throws `verify` at the first message that is not what the manifest says.
   */
  messages(
    archive: ReadableArchive,
    wanted: readonly number[],
    read: ReadObject,
  ): AsyncIterable<ArchivedMessage>;
  /**
   * Decodes an object found under our own key without a manifest (a crash between PUT and
   * manifest) against the lines we would have written: equal count, order and SHA-256 gives the
   * lines with the found object's offsets; otherwise null.
   */
  adopt(
    expected: readonly ManifestMessage[],
    format: ArchiveFormat,
    compression: Compression,
    read: ReadObject,
  ): Promise<{
    readonly messages: readonly ManifestMessage[];
    readonly bytes: Bytes;
    readonly sha256: Sha256;
  } | null>;
  /**
   * The text of a message and the names of its attachments, read in a thread of its own, with a bound on
   * time and memory. Never throws: of a message that can't be read in time, there is nothing. `data` may
   * be transferred away.
   */
  text(data: Uint8Array): Promise<MessageText>;
  /** Stops the worker threads. */
  close(): Promise<void>;
}
