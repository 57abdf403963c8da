import { Buffer } from 'node:buffer';
import { MothballError } from '../errors.ts';

/** Bytes of the fixed part of each record (APPNOTE 6.3.10, §4.3). */
export const localHeaderLength = 30;
export const descriptorLength = 16;
export const directoryEndLength = 22;
const centralLength = 46;

interface RecordKind {
  readonly signature: number;
  /** Bytes of its fixed part. */
  readonly length: number;
  readonly what: string;
}

const localHeader: RecordKind = {
  signature: 0x0403_4b50,
  length: localHeaderLength,
  what: 'a local header',
};
const descriptor: RecordKind = {
  signature: 0x0807_4b50,
  length: descriptorLength,
  what: 'a data descriptor',
};
const directoryEntry: RecordKind = {
  signature: 0x0201_4b50,
  length: centralLength,
  what: 'an entry of the directory',
};
const directoryEnd: RecordKind = {
  signature: 0x0605_4b50,
  length: directoryEndLength,
  what: 'the end of the directory',
};

/** Compression methods (§4.4.5). */
export const zipMethod = { none: 0, deflate: 8 } as const;

/** Flags (§4.4.4): sizes follow in a data descriptor; the name is UTF-8. */
const withDescriptor = 1 << 3;
const utf8 = 1 << 11;

/** Lengths and check sum of a member; unknown (null) in a local header that is followed by a descriptor. */
export interface ZipSizes {
  readonly crc: number;
  readonly compressed: number;
  readonly plain: number;
}

export interface LocalHeader {
  readonly method: number;
  readonly name: string;
  readonly sizes: ZipSizes | null;
  /** Bytes of the header; the data begins after it. */
  readonly length: number;
}

export interface CentralEntry extends ZipSizes {
  readonly method: number;
  readonly name: string;
  /** Where the local header begins in the object. */
  readonly offset: number;
}

export interface DirectoryEnd {
  readonly entries: number;
  readonly offset: number;
  readonly length: number;
}

/** The local header at the start of the bytes (§4.3.7). @throws MothballError `verify`. */
export function readLocalHeader(bytes: Uint8Array): LocalHeader {
  const record = recordAt(bytes, 0, localHeader);
  const flags = knownFlags(record.readUInt16LE(6));
  const nameLength = record.readUInt16LE(26);
  const length = localHeaderLength + nameLength + record.readUInt16LE(28);
  if (record.length < length) throw damaged('a local header is cut short');
  return {
    method: record.readUInt16LE(8),
    name: record.toString('utf8', localHeaderLength, localHeaderLength + nameLength),
    sizes: (flags & withDescriptor) === 0 ? sizesAt(record, 14) : null,
    length,
  };
}

/** The data descriptor at the start of the bytes (§4.3.9). @throws MothballError `verify`. */
export function readDescriptor(bytes: Uint8Array): ZipSizes {
  return sizesAt(recordAt(bytes, 0, descriptor), 4);
}

/** The end of central directory record, which has no comment (§4.3.16). @throws MothballError `verify`. */
export function readDirectoryEnd(bytes: Uint8Array): DirectoryEnd {
  const record = recordAt(bytes, 0, directoryEnd);
  if (record.length !== directoryEndLength || record.readUInt16LE(20) !== 0)
    throw damaged('bytes after the end of the directory');
  if (record.readUInt32LE(4) !== 0 || record.readUInt16LE(8) !== record.readUInt16LE(10))
    throw damaged('its directory is on another disk');
  return {
    entries: record.readUInt16LE(10),
    length: record.readUInt32LE(12),
    offset: record.readUInt32LE(16),
  };
}

/** All entries of a central directory (§4.3.12), every byte of it. @throws MothballError `verify`. */
export function readDirectory(bytes: Uint8Array): readonly CentralEntry[] {
  const entries: CentralEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    const record = recordAt(bytes, at, directoryEntry);
    knownFlags(record.readUInt16LE(8));
    const nameLength = record.readUInt16LE(28);
    const length = centralLength + nameLength + record.readUInt16LE(30) + record.readUInt16LE(32);
    if (record.length < length) throw damaged('an entry of the directory is cut short');
    entries.push({
      ...sizesAt(record, 16),
      method: record.readUInt16LE(10),
      name: record.toString('utf8', centralLength, centralLength + nameLength),
      offset: record.readUInt32LE(42),
    });
    at += length;
  }
  return entries;
}

function sizesAt(record: Buffer, at: number): ZipSizes {
  return {
    crc: record.readUInt32LE(at),
    compressed: record.readUInt32LE(at + 4),
    plain: record.readUInt32LE(at + 8),
  };
}

function recordAt(bytes: Uint8Array, at: number, { signature, length, what }: RecordKind): Buffer {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
  if (record.length < length || record.readUInt32LE(0) !== signature)
    throw damaged(`${what} is not where it should be`);
  return record;
}

function knownFlags(flags: number): number {
  if ((flags & ~(withDescriptor | utf8)) !== 0) throw damaged('a member is encrypted, or of an unknown kind');
  return flags;
}

function damaged(why: string): MothballError {
  return new MothballError({ fact: `the zip is damaged: ${why}` }, { code: 'verify' });
}
