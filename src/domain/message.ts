import type { Bytes, Sha256, Uid } from './brands.ts';

/** What FETCH said of one message. Null is "not known", and unknown means keep (SAFETY I3). */
export interface MessageMeta {
  readonly uid: Uid;
  /** RFC822.SIZE. */
  readonly size: Bytes | null;
  readonly internalDate: Date | null;
  /** System flags in lower case with the backslash (`\seen`), keywords as the server spells them. Null when they could not be read: one may be \Flagged. */
  readonly flags: readonly string[] | null;
  /** EMAILID (RFC 8474), or Gmail's X-GM-MSGID; null where the server has neither. */
  readonly emailId: string | null;
  /** X-GM-LABELS of Gmail; null when they could not be read; missing where the server has no labels. */
  readonly labels?: readonly string[] | null;
  /** MODSEQ (RFC 7162); null where CONDSTORE is not on. */
  readonly modseq: bigint | null;
  /** SAVEDATE (RFC 8514); null where the server has none or it was not asked for. */
  readonly savedDate: Date | null;
  /** The header fields asked for, names in lower case, values unfolded and decoded (RFC 2047); null when not asked for. */
  readonly headers: Headers | null;
}

/** Header fields of a message by lower-case name; each a list, in their order. One that was asked for and is missing has an empty list. */
export type Headers = ReadonlyMap<string, readonly string[]>;

/** What identifies one message for good: (folder identity, UID) and what it is made of. */
export interface MessageDigest {
  readonly uid: Uid;
  readonly sha256: Sha256;
  /** Length in bytes as delivered by FETCH BODY[]. */
  readonly size: Bytes;
  readonly internalDate: Date;
}
