import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { sha256 } from './digest.ts';
import { decodeStored } from './mboxrd.ts';

/** The manifest's lines as the format describes them; only what the oracle looks at. */
export interface HeadLine {
  readonly kind: 'archive';
  readonly id: string;
  readonly server: string;
  readonly account: string;
  readonly folder: string;
  readonly uidValidity: number;
  readonly policy: string;
  readonly policyHash: string;
  readonly format: 'mbox' | 'maildir-tar' | 'eml-zip';
  readonly compression: 'zstd' | 'gzip' | 'deflate' | 'none';
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Of the object that `age -d` gives. */
  readonly encryption?: { readonly type: string; readonly bytes: number; readonly sha256: string };
}

export interface MessageLine {
  readonly kind: 'message';
  readonly uid: number;
  readonly sha256: string;
  readonly size: number;
  readonly internalDate: string;
  readonly flags: readonly string[];
  readonly crlf: boolean;
  readonly addedNewline: boolean;
  readonly frame: { readonly offset: number; readonly length: number };
  readonly stored: { readonly offset: number; readonly length: number };
}

export interface ArchivedMessage {
  readonly head: HeadLine;
  readonly line: MessageLine;
  readonly index: number;
  /** Digest of the bytes that the oracle itself decoded. */
  readonly sha256: string;
  readonly bytes: Buffer;
}

export interface Archive {
  readonly head: HeadLine;
  readonly messages: readonly ArchivedMessage[];
  /** Absolute path of the object. */
  readonly object: string;
  readonly manifest: string;
}

const maxBuffer = 2 ** 30;

/** What the tools made of the same input before: archives are read again and again, and never change. */
const known = new Map<string, Buffer>();
const knownBytesMax = 64 * 2 ** 20;
let knownBytes = 0;

function byStockTool(tool: string, args: readonly string[], input: Buffer): Buffer {
  const key = [tool, ...args, sha256(input)].join(' ');
  const before = known.get(key);
  if (before !== undefined) return before;
  const output = execFileSync(tool, args, { maxBuffer, input });
  if (knownBytes + output.length <= knownBytesMax) {
    known.set(key, output);
    knownBytes += output.length;
  }
  return output;
}

/**
 * Reads every sealed archive of a store with `zstd`, `gzip` and nothing of the product's; with an
 * identity file every encrypted one, with `age`.
 */
export function readArchives(store: string, identity: string | null = null): readonly Archive[] {
  return manifests(store, identity).map((path) => readArchive(store, path, identity));
}

function manifests(store: string, identity: string | null): readonly string[] {
  return findFiles(store, `.manifest.jsonl.zst${identity === null ? '' : '.age'}`);
}

/** What `age -d` makes of an encrypted file. */
function opened(data: Buffer, identity: string | null): Buffer {
  return identity === null ? data : byStockTool('age', ['-d', '-i', identity], data);
}

/** The archives that read back exactly as their manifests say; the damaged ones are passed over. */
export function readSoundArchives(store: string, identity: string | null = null): readonly Archive[] {
  return manifests(store, identity).flatMap((path) => {
    try {
      const archive = readArchive(store, path, identity);
      return archive.messages.every((message) => message.sha256 === message.line.sha256) ? [archive] : [];
    } catch {
      return [];
    }
  });
}

function readArchive(store: string, manifest: string, identity: string | null): Archive {
  const input = opened(readFileSync(manifest), identity);
  const text = byStockTool('zstd', ['-dcq'], input).toString('utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  const head: HeadLine = JSON.parse(lines[0] ?? '');
  const end: { kind: string; messages: number; digest: string } = JSON.parse(lines.at(-1) ?? '');
  if (head.kind !== 'archive' || end.kind !== 'end') throw new Error(`${manifest}: not sealed`);
  const lastLine = text.lastIndexOf('\n', text.length - 2) + 1;
  if (sha256(text.slice(0, lastLine)) !== end.digest) throw new Error(`${manifest}: wrong digest`);
  const rows: MessageLine[] = lines.slice(1, -1).map((line) => JSON.parse(line));
  if (rows.length !== end.messages) throw new Error(`${manifest}: ${rows.length} lines, not ${end.messages}`);
  const object = join(store, head.key);
  const asStored = readFileSync(object);
  if (asStored.length !== head.bytes || sha256(asStored) !== head.sha256)
    throw new Error(`${object}: altered`);
  const stored = opened(asStored, identity);
  const plain = head.encryption ?? head;
  if (stored.length !== plain.bytes || sha256(stored) !== plain.sha256)
    throw new Error(`${object}: decrypts to something else`);
  const frames = new Map<number, Buffer>();
  const messages = rows.map((line, index) => {
    let frame = frames.get(line.frame.offset);
    if (frame === undefined) {
      const { offset, length } = line.frame;
      frame = unpack(compressionOf(head, line), stored.subarray(offset, offset + length));
      if (head.format === 'mbox' && frame.subarray(0, 5).toString() !== 'From ')
        throw new Error(`${object}: a frame without From_ line`);
      frames.set(line.frame.offset, frame);
    }
    const slice = frame.subarray(line.stored.offset, line.stored.offset + line.stored.length);
    if (slice.length !== line.stored.length) throw new Error(`${object}: message ${index} beyond its frame`);
    const bytes = head.format === 'mbox' ? decodeStored(slice, line.crlf, line.addedNewline) : slice;
    const digest = sha256(bytes);
    if (digest !== line.sha256 || bytes.length !== line.size) {
      throw new Error(`${object}: message ${index} (UID ${line.uid}) decodes to other bytes`);
    }
    return { head, line, index, sha256: digest, bytes };
  });
  return { head, messages, object, manifest };
}

/** In a zip some members are stored although it deflates, and some deflated although it does not. */
function compressionOf({ format, compression }: HeadLine, line: MessageLine): HeadLine['compression'] {
  if (format !== 'eml-zip' || line.frame.length === 0) return format === 'eml-zip' ? 'none' : compression;
  return compression === 'none' && line.frame.length === line.size ? 'none' : 'deflate';
}

function unpack(compression: HeadLine['compression'], packed: Buffer): Buffer {
  if (compression === 'none') return packed;
  if (compression === 'deflate') return inflateRawSync(packed);
  return byStockTool(compression === 'zstd' ? 'zstd' : 'gzip', ['-dcq'], packed);
}

/** The whole object as a plain mbox or tar, by one call of `zstd -dc` or `gzip -dc`: frames must simply follow each other. */
export function plainObject(archive: Archive): Buffer {
  if (archive.head.compression === 'none') return readFileSync(archive.object);
  return byStockTool(
    archive.head.compression === 'zstd' ? 'zstd' : 'gzip',
    ['-dcq'],
    readFileSync(archive.object),
  );
}

/** Paths of all files below a directory whose name ends so, sorted. */
export function findFiles(directory: string, ending: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith(ending))
    .map((name) => join(directory, name))
    .toSorted();
}
