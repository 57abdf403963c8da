import type { Bytes, UidValidity } from './brands.ts';

/** SPECIAL-USE attributes (RFC 6154, RFC 8457) without the backslash, and INBOX itself. */
export type Role =
  'inbox' | 'all' | 'archive' | 'drafts' | 'flagged' | 'important' | 'junk' | 'sent' | 'trash';

/** Which kind of namespace a folder is in (RFC 2342). */
export type NamespaceKind = 'personal' | 'shared' | 'other';

/** An IMAP mailbox as LIST shows it. */
export interface Folder {
  /** The name as the server knows it, decoded to Unicode, with the server's own delimiter. */
  readonly path: string;
  /** The name that patterns see: namespace prefix stripped, `/` as delimiter, INBOX in capitals. */
  readonly name: string;
  readonly delimiter: string | null;
  readonly namespace: NamespaceKind;
  /** What `path` begins with before the levels of `name`, as in `INBOX.`; missing: not known. */
  readonly prefix?: string;
  /** What the paths of new personal folders begin with, as NAMESPACE has it; missing: not known. */
  readonly personalPrefix?: string;
  readonly roles: readonly Role[];
  /** False for \Noselect and \NonExistent. */
  readonly selectable: boolean;
  /** True where messages are only mirrored: \All, \Flagged, \Important, and virtual namespaces. */
  readonly mirror: boolean;
}

/** What SELECT or EXAMINE reported of a folder. The first three are its identity (SAFETY I4). */
export interface FolderState {
  readonly path: string;
  readonly uidValidity: UidValidity;
  /** OBJECTID (RFC 8474); null where the server has none. */
  readonly mailboxId: string | null;
  readonly uidNext: number | null;
  /** CONDSTORE (RFC 7162) at the moment of this SELECT; null with NOMODSEQ or no CONDSTORE. */
  readonly highestModseq: bigint | null;
  readonly messages: number;
  readonly readOnly: boolean;
  /** Flags and keywords that can be set for good, `\\*` for any; only of a SELECT that named them. */
  readonly permanentFlags?: readonly string[];
}

/** How much a folder holds: STATUS=SIZE (RFC 8438), or the sum of RFC822.SIZE. */
export interface FolderSize {
  readonly messages: number;
  readonly bytes: Bytes;
}

/** The account's own Trash (RFC 6154); null when the server names none. */
export function trashOf(folders: readonly Folder[]): Folder | null {
  return (
    folders.find(
      (folder) => folder.namespace === 'personal' && folder.selectable && folder.roles.includes('trash'),
    ) ?? null
  );
}

/** The folder that shows all mail of the account, as on Gmail; null when the server lists none. */
export function allMailOf(folders: readonly Folder[]): Folder | null {
  return (
    folders.find(
      (folder) => folder.namespace === 'personal' && folder.selectable && folder.roles.includes('all'),
    ) ?? null
  );
}

/** Whether two records name the same folder: UIDVALIDITY alone is no identity (SAFETY I4). */
export function sameFolder(
  a: Pick<FolderState, 'uidValidity' | 'mailboxId'>,
  b: Pick<FolderState, 'uidValidity' | 'mailboxId'>,
): boolean {
  return a.uidValidity === b.uidValidity && a.mailboxId === b.mailboxId;
}

/** Whether a folder holds mail of its own that can be opened; a mirror shows what others hold. */
export function holdsMail(folder: Pick<Folder, 'selectable' | 'mirror'>): boolean {
  return folder.selectable && !folder.mirror;
}
