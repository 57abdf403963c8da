import type { AccountRef } from '../domain/account.ts';
import type { ReadObject } from './codec.ts';

/** How mail is stored in files: many messages in one, or one in each. */
export type MailFileKind = 'mbox' | 'maildir' | 'eml';

/**
 * How body lines that start with `From ` are kept in an mbox file: mboxrd puts one more `>` before
 * each `>*From `, mboxo only before `From `, mboxcl2 nothing at all.
 */
export type MboxQuoting = 'mboxrd' | 'mboxo' | 'mboxcl2';

/** A file with mail in it. */
export interface MailFile {
  readonly path: string;
  /** Its path in bytes where they are not UTF-8. */
  readonly rawPath?: Uint8Array;
  /** Where it is, if it is part of a tar or zip archive. Only until the search for mail goes on. */
  readonly inside?: InsideArchive;
  /** `emlx`: a message of Apple Mail. */
  readonly kind: MailFileKind | 'emlx';
  /** Names of the folders above it, below the place where the search began. */
  readonly folder: readonly string[];
  /** Flags and keywords in its name (Maildir). */
  readonly flags: readonly string[];
}

/** A file of an archive. */
export interface InsideArchive {
  /** Its content, from its start to its end, in pieces that are good until the next one. */
  open(): Promise<AsyncIterable<Uint8Array>>;
  readonly size: number;
  readonly modified: Date;
}

/** An archive of Mothball whose manifest is beside it. */
export interface OwnArchive {
  /** Of its object. */
  readonly path: string;
  /** It is in a store with archives of several accounts. */
  readonly several: boolean;
  /** Its manifest as it is stored. */
  manifest(): Promise<Uint8Array>;
  /** Its object, or a range of it. */
  readonly read: ReadObject;
}

/** What a search for mail met. */
export type FoundMail =
  | { readonly kind: 'file'; readonly file: MailFile }
  | { readonly kind: 'archive'; readonly path: string; readonly archive: OwnArchive }
  /** Can't be read, or is a symbolic link: those are not followed. */
  | { readonly kind: 'fault'; readonly path: string; readonly reason: string }
  /** A file that is not taken. */
  | {
      readonly kind: 'other';
      readonly path: string;
      /** What it is, as people call it. */
      readonly what: string;
      /** It holds mail, or may. */
      readonly mail: boolean;
    };

/** What a file says, in order. Data is as IMAP would deliver it, and good until the next event is asked for. */
export type MailFileEvent =
  | {
      readonly kind: 'message';
      /** Of the message in its file, from 1. */
      readonly number: number;
      /** Where it starts in the (decompressed) file, in bytes. */
      readonly offset: number;
      /** From a From_ line, or from what Apple Mail notes; null: none that can be read. */
      readonly envelopeDate: Date | null;
      /** Flags that are stored with it in the file. */
      readonly flags: readonly string[];
      /** When the file was last changed. */
      readonly modified: Date;
    }
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'end' }
  /** Something about the file that people should know. */
  | { readonly kind: 'note'; readonly text: string }
  /**
   * The last event where it occurs: the message begun and all after it can't be had. `what`: the file is
   * of this other kind.
   */
  | { readonly kind: 'fault'; readonly reason: string; readonly what?: string };

/** A message to be written to a file. */
export interface MailToWrite {
  readonly origin: AccountRef & { readonly folder: string };
  /** Letters, digits and `-`: makes the name of its file unique. */
  readonly id: string;
  readonly internalDate: Date;
  readonly flags: readonly string[];
  readonly subject: string | null;
  /** As IMAP delivered it. */
  readonly data: Uint8Array;
}

/** Takes messages one by one; the last one is complete once `close` has resolved. */
export interface MailFileWriter {
  /**
   * `present`: a file with exactly this message exists already. @throws `exists` if another file has its name:
   * nothing is overwritten or added to.
   */
  add(message: MailToWrite): Promise<'written' | 'present'>;
  /** Needed after an error too. */
  close(): Promise<void>;
}

/** Mail in files, for other programs and from them. In bounded memory. */
export interface MailFiles {
  /**
   * Every file with mail at or below a path, folder by folder in a fixed order. `kind` says what all
   * of them are; null: by what is there. @throws `config` when the path itself can't be used.
   */
  find(path: string, kind: MailFileKind | null): AsyncIterable<FoundMail>;
  /** The messages of one file. Never throws: what goes wrong is its last event. */
  messages(file: MailFile, quoting: MboxQuoting | null): AsyncIterable<MailFileEvent>;
  /**
   * Writes below a directory, which is created where it is missing, as a tree of accounts and their
   * folders: each folder an mboxrd file, a Maildir, or a directory of `.eml` files.
   */
  writer(kind: MailFileKind, directory: string): Promise<MailFileWriter>;
}
