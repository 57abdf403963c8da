import type { ManifestMessage } from '../../format/manifest-types.ts';
import type { FoundCount } from '../../ports/lines.ts';
import type { MessageRow } from '../../ports/records.ts';
import type { RestoreJob } from '../../ports/restore-jobs.ts';
import type { MailText } from '../mail/mail-text.ts';

/** One message as named by an address or a form. Its owner still has to be checked. */
export interface MessageName {
  /** ID of its archive, in full. */
  readonly archive: string;
  readonly line: number;
}

/** Where chosen messages go. `restored` is one folder, with the name below. */
export type Destination = 'original' | 'restored';
export const restoredFolder = 'Restored';

export interface OwnMessage extends MessageName {
  readonly folder: string;
  /** As much of it as may be shown. */
  readonly info: ManifestMessage;
  readonly archived: Date;
  /** The message can't be read here: only the administrator has the key. */
  readonly encrypted: boolean;
}

/** Which messages of a search are wanted. */
export interface OwnPart {
  readonly limit: number;
  /** Leaves out this many of the newest. */
  readonly offset: number;
  /** Only messages of this date and older ones. Left out: all. */
  readonly after?: Date;
}

export interface OwnFound {
  readonly messages: readonly MessageRow[];
  /** There are more. */
  readonly more: boolean;
  /** How many there are in all. */
  readonly total: FoundCount;
}

/**
 * The archived mail of one account. It is made for the account of a session, and no method takes an
 * account, so no request can ask for other mail. Mail of other accounts is `missing`, as if it did not exist.
 * Whatever is given out is recorded in the audit first.
 */
export interface OwnersArchive {
  /** Newest first. @throws `usage` for a query that can't be read. */
  search(query: string, part: OwnPart): Promise<OwnFound>;
  /** @throws `missing`. */
  look(name: MessageName): Promise<OwnMessage>;
  /** The message as text. @throws `verify` or `store` when it can't be read back, `refused` when it is encrypted. */
  text(message: OwnMessage): Promise<MailText>;
  /** Byte for byte. @throws `missing`, `verify`, `store`, `refused`. */
  download(name: MessageName): Promise<{ readonly data: Uint8Array; readonly name: string }>;
  /** Starts a job and returns its ID. @throws `missing`; `refused` for encrypted mail, or if too many jobs are open. */
  restore(names: readonly MessageName[], to: Destination): Promise<string>;
  /** Null if this account has no such job. */
  job(id: string): RestoreJob | null;
}
