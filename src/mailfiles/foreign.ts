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
  ['!BDN', 'data file of Outlook'],
  ['\xcf\xad\x12\xfe', 'folder of Outlook Express'],
  ['\xff\xfe', 'text in UTF-16'],
  ['\xfe\xff', 'text in UTF-16'],
];
/** With files, without any, and the first of several parts. */
const zipStarts: readonly string[] = ['PK\x03\x04', 'PK\x05\x06', 'PK00PK\x03\x04'];
const plainSignatures: readonly (readonly [start: string, what: string])[] = [
  ['\0\x05\x16\x07', 'AppleDouble'],
  ['\0\x05\x16\0', 'AppleDouble'],
];
const endings: readonly (readonly [name: RegExp, start: string, what: string])[] = [
  [/\.msg$/i, '\xd0\xcf\x11\xe0', 'message of Outlook'],
];
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
  if (/\.zip$/i.test(name) && zipStarts.some((one) => start.startsWith(one)))
    return { what: 'zip archive', mail: true, container: 'zip' };
  if (start.startsWith('ustar', 257)) return { what: 'tar archive', mail: true, container: 'tar' };
  const plain = plainSignatures.find(([signature]) => start.startsWith(signature));
  return plain === undefined ? null : { what: plain[1], mail: false };
}

/** What a file is that holds no mail in a form that can be taken. */
export function foreignKind(head: Uint8Array, name: string): Foreign {
  const known = names.find(([pattern]) => pattern.test(name));
  if (known !== undefined) return { what: known[1], mail: false };
  if (head.length === 0) return { what: 'empty file', mail: false };
  if (startsLikeMail(head))
    return { what: /^,?\d+$/.test(name) ? 'MH' : 'message without .eml in its name', mail: true };
  return { what: name.startsWith('.') ? 'hidden file' : 'no mail file', mail: false };
}
