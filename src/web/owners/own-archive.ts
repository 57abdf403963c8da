import type { ManifestMessage } from '../../format/manifest-types.ts';
import type { MessageRow } from '../../ports/records.ts';
import type { RestoreJob } from '../../ports/restore-jobs.ts';
import type { MailText } from '../mail/mail-text.ts';

/** The name of one message, as an address or a form has it: whose it is, is checked. */
export interface MessageName {
  /** ID of its archive, in full. */
  readonly archive: string;
  readonly line: number;
}

/** Where chosen messages go: `restored` is one folder of this name. */
export type Destination = 'original' | 'restored';
export const restoredFolder = 'Restored';

export interface OwnMessage extends MessageName {
  readonly folder: string;
  /** As much of it as may be shown. */
  readonly info: ManifestMessage;
  readonly archived: Date;
  /** Only the administrator has the key. */
  readonly encrypted: boolean;
}

/**
 * The archived mail of one account. It is made for the account of a session, and no method takes an
 * account: nothing in a request can ask for other mail. What is another's is `missing`, like what is not
 * there. Everything given out is recorded in the audit before.
 */
export interface OwnersArchive {
  /** Newest first. @throws `usage` for a query that can't be read. */
  search(
    query: string,
    part: { readonly limit: number; readonly offset: number },
  ): Promise<{ readonly messages: readonly MessageRow[]; readonly more: boolean }>;
  /** @throws `missing`. */
  look(name: MessageName): Promise<OwnMessage>;
  /** The message as text. @throws `verify` or `store` when it can't be read back, `refused` when it is encrypted. */
  text(message: OwnMessage): Promise<MailText>;
  /** Byte for byte. @throws `missing`, `verify`, `store`, `refused`. */
  download(name: MessageName): Promise<{ readonly data: Uint8Array; readonly name: string }>;
  /** Returns at once the ID of the job. @throws `missing`; `refused` for encrypted mail, and while there are too many. */
  restore(names: readonly MessageName[], to: Destination): Promise<string>;
  /** Null: there is none of this account. */
  job(id: string): RestoreJob | null;
}
