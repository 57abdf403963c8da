import type { Bytes, Sha256, Uid, UidValidity } from '../domain/brands.ts';
import type { ArchiveFormat, Compression } from '../domain/policy.ts';

/** How an archive was encrypted, and length and SHA-256 of the object that comes out of it. */
export interface ManifestEncryption {
  readonly type: 'age';
  /** SHA-256 of the recipients, sorted, with LF between them: shows which identities fit. */
  readonly recipients: Sha256;
  readonly bytes: Bytes;
  readonly sha256: Sha256;
}

/** First line of a manifest: what the archive is and where its object is. */
export interface ManifestHead {
  readonly kind: 'archive';
  readonly version: 1;
  readonly id: Sha256;
  readonly tool: string;
  readonly server: string;
  readonly account: string;
  /** Raw folder path as the server knows it. */
  readonly folder: string;
  readonly roles: readonly string[];
  /**
   * What separates the levels of `folder`, null where the server has none, and the prefix of its namespace
   * that `folder` begins with. Not there: not known, as in old archives and those of mail files.
   */
  readonly delimiter?: string | null;
  readonly prefix?: string;
  readonly uidValidity: UidValidity;
  readonly mailboxId: string | null;
  readonly policy: string;
  readonly policyHash: string;
  readonly run: string;
  readonly store: string;
  readonly format: ArchiveFormat;
  readonly compression: Compression;
  /** Key of the object in the store. */
  readonly key: string;
  /** Length and SHA-256 of the object as stored: encrypted, where it is. */
  readonly bytes: Bytes;
  readonly sha256: Sha256;
  /** Not there: the object is stored as it is. */
  readonly encryption?: ManifestEncryption;
  /** Version of the object where the store keeps versions, else null; not in archives of Mothball 0.1. */
  readonly objectVersion?: string | null;
  /** Names (lower case) of the headers recorded in `headers` of each message; any other is undecidable. */
  readonly headerNames: readonly string[];
  /** Its policy asks for an index of what is written in its mail. Not there: no. */
  readonly indexText?: boolean;
  /** ISO 8601 in UTC. */
  readonly created: string;
}

/** One line per message, in the order of the object. */
export interface ManifestMessage {
  readonly kind: 'message';
  readonly uid: Uid;
  /** Of the bytes as delivered by FETCH BODY[]. */
  readonly sha256: Sha256;
  readonly size: Bytes;
  /** SHA-256 of the header block as delivered (up to and including the empty line). */
  readonly headerSha256: Sha256;
  /** ISO 8601 in UTC. */
  readonly internalDate: string;
  readonly flags: readonly string[];
  readonly emailId: string | null;
  readonly labels: readonly string[];
  readonly messageId: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly subject: string | null;
  /** The Date header as ISO 8601 in UTC; null when missing or unreadable. */
  readonly date: string | null;
  readonly crlf: boolean;
  readonly addedNewline: boolean;
  /** True when the server's RFC822.SIZE differed from the bytes it delivered, twice alike. */
  readonly sizeMismatch: boolean;
  readonly frame: { readonly offset: Bytes; readonly length: Bytes };
  /** Where the stored message is in the decompressed frame, From_ line excluded. */
  readonly stored: { readonly offset: Bytes; readonly length: Bytes };
  /** Every header that any policy or hold names, lower-case name → values (decoded). */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Names in `headers` of which only a part is recorded: nothing can be decided on them. Not there: none. */
  readonly cut?: readonly string[];
}

/** Last line: how many message lines there are, and the SHA-256 of all bytes before this line. */
export interface ManifestEnd {
  readonly kind: 'end';
  readonly messages: number;
  readonly digest: Sha256;
}

export interface Manifest {
  readonly head: ManifestHead;
  readonly messages: readonly ManifestMessage[];
}
