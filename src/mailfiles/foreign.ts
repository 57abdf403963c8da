import { Buffer } from 'node:buffer';
import { startsLikeMail } from '../format/from-separator.ts';

/** What a file without mail that can be taken is. */
export interface Foreign {
  /** As people call it. */
  readonly what: string;
  /** It holds mail, or may: that it was not taken is a problem. */
  readonly mail: boolean;
  /** It holds files, which are read. */
  readonly container?: 'tar' | 'zip';
}

const signatures: readonly (readonly [start: string, what: string])[] = [
  ['LZIP', 'compressed with lzip'],
  ['\x04\x22\x4d\x18', 'compressed with lz4'],
  ['\x02\x21\x4c\x18', 'compressed with lz4'],
  ['Dovecot-LZ4', 'compressed with lz4'],
  ['CRYPTED\x03\x07', 'encrypted by Dovecot'],
  ['\x01\x01\x01\x01\n', 'MMDF'],
  ['\x01\x01\x01\x01\r', 'MMDF'],
  ['BABYL OPTIONS:', 'Babyl'],
  ['#! rnews ', 'rnews'],
  ['*mbx*\r\n', 'mbx folder of UW IMAP'],
  ['*mtx*\r\n', 'mtx folder of UW IMAP'],
  ['7z\xbc\xaf\x27\x1c', '7z archive'],
  ['Rar!\x1a\x07', 'rar archive'],
  ['\x1f\x9d', 'compressed with compress'],
  ['\x5d\0\0', 'compressed with lzma'],
  // What was compressed is looked at decompressed.
  ['\x1f\x8b', 'compressed twice'],
  ['\x28\xb5\x2f\xfd', 'compressed twice'],
  ['\xfd7zXZ\0', 'compressed twice'],
  ['\x89LZO\0', 'compressed with lzop'],
  ['\xff\x06\0\0sNaPpY', 'compressed with snappy'],
  ['age-encryption.org/', 'encrypted with age'],
  ['-----BEGIN AGE ENCRYPTED FILE-----', 'encrypted with age'],
  ['-----BEGIN PGP MESSAGE-----', 'encrypted with PGP'],
  ['Salted__', 'encrypted with OpenSSL'],
  ['!BDN', 'data file of Outlook'],
  ['\xcf\xad\x12\xfe', 'folder of Outlook Express'],
  ['\xff\xfe', 'text in UTF-16'],
  ['\xfe\xff', 'text in UTF-16'],
];
/** Archives: other files that are zip inside, of office programs and the like, have an ending of their own. */
const zipName = /\.zip(?![a-z])|^(?!.*\.[a-z][a-z\d]{0,9}$)/i;
/** With files, without any, and the first of several parts. */
const zipStarts: readonly string[] = ['PK\x03\x04', 'PK\x05\x06', 'PK00PK\x03\x04'];
const plainSignatures: readonly (readonly [start: string, what: string])[] = [
  ['\0\x05\x16\x07', 'AppleDouble'],
  ['\0\x05\x16\0', 'AppleDouble'],
];
const endings: readonly (readonly [name: RegExp, start: string, what: string])[] = [
  [/\.msg$/i, '\xd0\xcf\x11\xe0', 'message of Outlook'],
];
/** What people make of a file of mail. */
const madeOfMail = /\.(?:mbo?x|emlx?|tar|zip)\.(?:gpg|pgp|asc|age|enc|aes|br|lz|lzo|lzma|Z|sz)$/i;
const names: readonly (readonly [name: RegExp, what: string])[] = [
  [/^table_of_contents$/i, 'table_of_contents'],
  [/\.msf$/i, 'index of Thunderbird'],
  [/^\.?(?:mh_sequences|xmhcache|mh_profile)$/i, 'index of MH'],
  [
    /^\.?(?:dovecot|courier|maildirsize|maildirfolder|subscriptions|customflags|uidvalidity|mbsyncstate|isyncuidmap)/i,
    'index of a Maildir',
  ],
];

/** What files of other kinds start with; null: nothing of them. */
export function foreignStart(head: Uint8Array, name: string): Foreign | null {
  const start = Buffer.from(head.subarray(0, 512)).toString('latin1');
  const found =
    signatures.find(([signature]) => start.startsWith(signature)) ??
    endings.flatMap(([ending, signature, what]) =>
      ending.test(name) && start.startsWith(signature) ? [[signature, what] as const] : [],
    )[0];
  if (found !== undefined) return { what: found[1], mail: true };
  if (zipName.test(name) && zipStarts.some((one) => start.startsWith(one)))
    return { what: 'zip archive', mail: true, container: 'zip' };
  // Without the mark of its order: text of letters of Latin script.
  if (/^(?:[\t\n\r -~]\0){8}|^(?:\0[\t\n\r -~]){8}/.test(start))
    return { what: 'text in UTF-16', mail: true };
  if (/^2 M[\da-f]+ C[\da-f]+\n/.test(start) && start.includes('\n\x01\x02'))
    return { what: 'dbox of Dovecot', mail: true };
  if (start.startsWith('ustar', 257) || isOldTar(head))
    return { what: 'tar archive', mail: true, container: 'tar' };
  const plain = plainSignatures.find(([signature]) => start.startsWith(signature));
  return plain === undefined ? null : { what: plain[1], mail: false };
}

/** What a file is that holds no mail in a form that can be taken. */
export function foreignKind(head: Uint8Array, name: string): Foreign {
  const known = names.find(([pattern]) => pattern.test(name));
  if (known !== undefined) return { what: known[1], mail: false };
  if (head.length === 0) return { what: 'empty file', mail: false };
  // Other bytes may be before the first file: a program that unpacks it, for one.
  if (/\.zip$/i.test(name)) return { what: 'zip archive', mail: true, container: 'zip' };
  if (/^[ \t]*\d{1,15}[ \t]*\r?\n[!-9;-~]+:/.test(Buffer.from(head.subarray(0, 200)).toString('latin1')))
    return { what: 'message of Apple Mail without .emlx in its name', mail: true };
  if (madeOfMail.test(name))
    return { what: 'encrypted, or compressed in a form that is not read', mail: true };
  if (startsLikeMail(head))
    return { what: /^,?\d+$/.test(name) ? 'MH' : 'message without .eml in its name', mail: true };
  return { what: name.startsWith('.') ? 'hidden file' : 'no mail file', mail: false };
}

/** Whether it starts with a header of a tar archive from before POSIX, which has no mark but its checksum. */
function isOldTar(head: Uint8Array): boolean {
  if (head.length < 512 || head[0] === 0) return false;
  const field = Buffer.from(head.subarray(148, 156)).toString('latin1');
  const written = /^ *([0-7]{1,7})[\0 ]/.exec(field)?.[1];
  const sum = head.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  const own = head.subarray(148, 156).reduce((total, byte) => total + byte, 0);
  return written !== undefined && Number.parseInt(written, 8) === sum - own + 8 * 0x20;
}
