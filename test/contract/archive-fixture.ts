import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { bytes, sha256, uid, uidValidity } from '../../src/domain/brands.ts';
import type { ArchiveFormat, Compression } from '../../src/domain/policy.ts';
import type { Manifest } from '../../src/format/manifest-types.ts';
import type { NewMessage, ReadObject, WrittenArchive } from '../../src/ports/codec.ts';

/** Messages with every oddity of the fault matrix's row 38 that fits into memory. */
export const oddMessages: readonly Buffer[] = [
  'Subject: plain\r\n\r\nbody\r\n',
  'Subject: no final newline\r\n\r\nbody',
  'Subject: LF only\n\nbody\nFrom the start of a line\n',
  'Subject: mixed\r\n\nbody\r\n\n',
  'Subject: bare CR\r\n\r\na\rb\r\n',
  'From the first octet\r\n',
  '>From quoted already\r\n>>From twice\r\n\r\n>From body\r\nFrom body\r\n',
  'Subject: NUL\r\n\r\na\0b\r\n',
  'no header at all',
  '',
  '\r\n',
  '\n',
  'Subject: no body\r\n\r\n',
  'From: "J\u00fcrgen" <j@example.com>\r\nSubject: =?iso-8859-1?Q?=FC?=\r\n\r\n\u00fc\u2028From here\r\n',
  'Subject: 8-bit \u00ff\r\n\r\n\u00ff\u00fe\u0080\r\n',
].map((text) => Buffer.from(text, 'latin1'));

/** A long line, a file full of quoted lines, and a message larger than a frame. */
export const bulkyMessages: readonly Buffer[] = [
  Buffer.concat([Buffer.from('Subject: long line\r\n\r\n'), Buffer.alloc(300_000, 'x'), Buffer.from('\r\n')]),
  Buffer.from('Subject: from\r\n\r\n' + 'From x\r\n'.repeat(30_000)),
  Buffer.concat([Buffer.from('Subject: big\r\n\r\n'), Buffer.alloc(5_000_000, 'big body \r\n')]),
];

export function newMessage(number: number): NewMessage {
  return {
    uid: uid(number),
    internalDate: new Date(Date.UTC(2020, 0, 1) + number * 60_000),
    flags: ['\\seen', '$label'],
    emailId: null,
    labels: [],
    sizeMismatch: false,
  };
}

export function manifestOf(
  written: WrittenArchive,
  format: ArchiveFormat,
  compression: Compression,
): Manifest {
  return {
    head: {
      kind: 'archive',
      version: 1,
      id: sha256('0'.repeat(64)),
      tool: 'test',
      server: 'main',
      account: 'alice@example.com',
      folder: 'INBOX',
      roles: ['inbox'],
      uidValidity: uidValidity(7),
      mailboxId: null,
      policy: 'p',
      policyHash: 'h',
      run: randomUUID(),
      store: 'local',
      format,
      compression,
      key: 'a/b/2020/x.mbox',
      bytes: bytes(written.file.bytes),
      sha256: written.file.sha256,
      headerNames: [],
      created: '2020-01-01T00:00:00.000Z',
    },
    messages: written.messages,
  };
}

/** Reads a file as a store would, in pieces of an awkward size. */
export function readerOf(path: string, pieceSize = 65_537): ReadObject {
  return async function* (range) {
    const file = await open(path);
    try {
      const end = range === undefined ? (await file.stat()).size : range.offset + range.length;
      for (let at = range?.offset ?? 0; at < end;) {
        const { bytesRead, buffer } = await file.read(new Uint8Array(Math.min(pieceSize, end - at)), {
          position: at,
        });
        if (bytesRead === 0) return;
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  };
}

/** The same for bytes in memory, to damage them. */
export function readerOfBytes(object: Uint8Array): ReadObject {
  return async function* (range) {
    const part = range === undefined ? object : object.subarray(range.offset, range.offset + range.length);
    // A copy: the reader may free what it is given.
    yield Uint8Array.from(part);
  };
}
