import { crc32 } from 'node:zlib';
import { MothballError } from '../errors.ts';
import {
  type CentralEntry,
  descriptorLength,
  directoryEndLength,
  type LocalHeader,
  readDescriptor,
  readDirectory,
  readDirectoryEnd,
  readLocalHeader,
  zipMethod,
} from '../format/zip-records.ts';
import type { ObjectEdgeCheck } from './object-edge-check.ts';
import type { VerifyFrame } from './verify-protocol.ts';

/**
 * Checks that a zip opens as its manifest says by either way of reading it, from the front by the
 * local headers and from the back by the directory: the same members, in the same places, with the
 * right check sums.
 */
export class ZipCheck implements ObjectEdgeCheck {
  /** Members as their local headers and their content describe them. */
  readonly #members: CentralEntry[] = [];
  #at = 0;
  #open: { readonly header: LocalHeader; readonly offset: number; readonly frame: VerifyFrame } | null = null;
  #crc = 0;

  before(gap: Uint8Array, frame: VerifyFrame): void {
    const rest = this.#close(gap);
    const offset = this.#at + gap.length - rest.length;
    const header = readLocalHeader(rest);
    if (header.length !== rest.length) throw damaged('its frame does not begin at the data of its member');
    const method = frame.compression === 'none' ? zipMethod.none : zipMethod.deflate;
    if (header.method !== method) throw damaged(`a member has compression method ${header.method}`);
    this.#open = { header, offset, frame };
    this.#crc = 0;
    this.#at += gap.length + frame.length;
  }

  content(piece: Uint8Array): void {
    this.#crc = crc32(piece, this.#crc);
  }

  end(tail: Uint8Array): void {
    const rest = this.#close(tail);
    const start = this.#at + tail.length - rest.length;
    const directory = rest.subarray(0, -directoryEndLength);
    const end = readDirectoryEnd(rest.subarray(directory.length));
    if (end.offset !== start || end.length !== directory.length) throw damaged('its directory is elsewhere');
    const entries = readDirectory(directory);
    if (entries.length !== this.#members.length || end.entries !== entries.length)
      throw damaged(`its directory lists ${entries.length} members of ${this.#members.length}`);
    entries.forEach((entry, index) => {
      const member = this.#members[index];
      if (member === undefined || !alike(entry, member))
        throw damaged(`its directory disagrees about member ${index}`);
    });
    const names = new Set(entries.map((entry) => entry.name.normalize('NFC').toLowerCase()));
    if (names.size !== entries.length) throw damaged('two of its members have one name');
  }

  /** Ends the member before; the bytes that follow its descriptor. */
  #close(gap: Uint8Array): Uint8Array {
    const open = this.#open;
    if (open === null) return gap;
    this.#open = null;
    const { header, offset, frame } = open;
    const sizes = header.sizes ?? readDescriptor(gap);
    if (sizes.crc !== this.#crc) throw damaged('the check sum of a member is not that of its message');
    if (sizes.compressed !== frame.length || sizes.plain !== frame.plainLength)
      throw damaged('a member has another length than its message');
    this.#members.push({ ...sizes, method: header.method, name: header.name, offset });
    return gap.subarray(header.sizes === null ? descriptorLength : 0);
  }
}

function alike(a: CentralEntry, b: CentralEntry): boolean {
  return (
    a.offset === b.offset &&
    a.name === b.name &&
    a.method === b.method &&
    a.crc === b.crc &&
    a.compressed === b.compressed &&
    a.plain === b.plain
  );
}

function damaged(why: string): MothballError {
  return new MothballError({ fact: `the zip is damaged: ${why}` }, { code: 'verify' });
}
