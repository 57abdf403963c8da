import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { maildirFlags } from './maildir-flags.ts';

/** What the name of a message's file is made of. */
export interface NamedMessage {
  readonly uid: number;
  readonly internalDate: Date;
  readonly flags: readonly string[];
  /** Decoded header fields. */
  readonly from: string | null;
  readonly subject: string | null;
  /** Bytes. */
  readonly size: number;
}

/** Bytes of UTF-8. */
const longest = { sender: 30, subject: 55, segment: 60, directory: 120 };
/** UTF-16 units of a name that are looked at: a header field may have millions. */
const looked = 1000;

/**
 * The file name of a message in a zip, safe on every system, at most 120 bytes: date, sender,
 * subject and UID. The UID makes it unique within the archive, whatever is done to case and accents.
 */
export function emlName(message: NamedMessage): string {
  const parts = [
    message.internalDate.toISOString().slice(0, 10),
    slug(sender(message.from ?? ''), longest.sender),
    slug(message.subject ?? '', longest.subject),
    String(message.uid),
  ];
  return `${parts.filter((part) => part !== '').join('_')}.eml`;
}

/** The file name of a message in a Maildir's `cur`: unique by time and UID, then its size and flags. */
export function maildirName({ internalDate, uid, size, flags }: NamedMessage): string {
  const seconds = Math.floor(internalDate.getTime() / 1000);
  return `${seconds}.U${uid}.mothball,S=${size}:2,${maildirFlags(flags)}`;
}

/**
 * A folder as a relative path with `/`, each segment safe on every system; one that had to be
 * altered carries a digest, so that it meets no other. Never empty.
 */
export function folderDirectory(segments: readonly string[]): string {
  const path = (segments.length === 0 ? [''] : segments).map(safeSegment).join('/');
  if (Buffer.byteLength(path) <= longest.directory) return path;
  const [last = ''] = segments.slice(-1);
  return marked(last, segments.join('\0'));
}

/** `CON`, `com1.txt` and the like open a device on Windows; `cur`, `new` and `tmp` are a Maildir's own. */
const reserved = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)\d)(?:\.|$)|^(?:cur|new|tmp)$/iu;
/** One character of a segment that means something somewhere, or nothing anywhere. */
const unsafe = /[^\p{L}\p{M}\p{Nd}&@+=,. _()-]/gu;

function safeSegment(name: string): string {
  const safe = name.normalize('NFC').replaceAll(unsafe, '_');
  const kept =
    safe === name &&
    !/^$|^[. -]|[. ]$/.test(safe) &&
    !reserved.test(safe) &&
    Buffer.byteLength(safe) <= longest.segment;
  return kept ? safe : marked(name, name);
}

/** A readable beginning and a digest of the whole: nothing reserved has that form. */
function marked(name: string, identity: string): string {
  const exact = identity.isWellFormed() ? identity : JSON.stringify(identity);
  const digest = createHash('sha256').update(exact).digest('hex').slice(0, 8);
  const readable = slug(name, longest.segment - digest.length - 1);
  return readable === '' ? digest : `${readable}-${digest}`;
}

/** The name in front of `<address>`, else the address. */
function sender(from: string): string {
  const start = from.slice(0, looked);
  return start.replaceAll(/<[^<>]*>/g, '').trim() || start;
}

/** Letters and digits of any script, all else as single `-`, at most `room` bytes. */
function slug(text: string, room: number): string {
  const plain = text
    .slice(0, looked)
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{M}\p{Nd}]+/gu, '-')
    .replace(/^-/, '');
  let kept = '';
  let length = 0;
  for (const character of plain) {
    length += Buffer.byteLength(character);
    if (length > room) break;
    kept += character;
  }
  return kept.replace(/-$/, '');
}
