import type { MailFile } from '../ports/mail-files.ts';
import type { Foreign } from './foreign.ts';

/** A file or link of an archive. */
export interface ArchiveEntry {
  readonly name: string;
  readonly kind: 'file' | 'link' | 'special';
  readonly size: number;
  readonly modified: Date;
  /** Its place: reading in this order is fastest. */
  readonly order: number;
  /** What it is, where that is known already. */
  readonly kindOfMail?: MailFile['kind'] | Foreign;
  read(): Promise<AsyncIterable<Uint8Array>>;
}

/** The entries of an archive, while it is open. */
export interface ArchiveSource extends AsyncDisposable {
  readonly entries: readonly ArchiveEntry[];
  /** Why it could not be read beyond these; null: they are all. */
  readonly fault: Error | null;
}

/** Entries that one archive may have. */
export const mostEntries = 2_000_000;
