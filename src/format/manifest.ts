/**
 * `format/`: the stored formats, pure: bytes in, bytes or values out. This file writes the
 * manifest, `manifest-parse.ts` reads it; `mboxrd.ts` is the one reversible rule between a message and its line in an mbox, `frames.ts`
 * cuts and opens compressed frames, `tar-walk.ts`, `zip-records.ts` and `mbox-reader.ts` read the other
 * formats, `archive-key.ts` and `archive-id.ts` name objects, `receipt.ts` is what a purge or restore
 * leaves beside an archive. No file, no clock, no network.
 * May import `domain`, `errors.ts`, `node:buffer`, `crypto`, `util` and `zlib`; two files have one
 * library each: `header-fields.ts` has `postal-mime`, `receipt.ts` has `zod`.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { sha256, type Sha256 } from '../domain/brands.ts';
import { compressFrame } from './frames.ts';
import { longJson, shortLine } from './long-json.ts';
import type { Manifest, ManifestMessage } from './manifest-types.ts';
import { Turns } from './turns.ts';

/** Text of one frame when it is written, in UTF-16 units: what is held in memory, beside the manifest itself. */
const frameText = 1024 * 1024;

/** A manifest as its object in the store, and its `manifestDigest`, which costs nothing more. */
export interface EncodedManifest {
  readonly object: Uint8Array;
  readonly digest: Sha256;
}

/** The manifest as its object in the store: JSON lines, compressed with zstd. */
export async function encodeManifest(manifest: Manifest): Promise<Uint8Array> {
  return (await encodeWithDigest(manifest)).object;
}

/** As `encodeManifest`, with the digest. */
export async function encodeWithDigest(manifest: Manifest): Promise<EncodedManifest> {
  if (manifest.messages.length === 0) throw new RangeError('an archive holds at least one message');
  const turns = new Turns();
  const hash = createHash('sha256');
  const frames: Uint8Array[] = [];
  // A copy of the frame alone, not of the larger buffer it was compressed into.
  const frame = (text: string): number =>
    frames.push(Uint8Array.from(compressFrame(Buffer.from(text), 'zstd')));
  let text = '';
  for (const piece of pieces(manifest)) {
    hash.update(piece);
    text += piece;
    await turns.spent(piece.length);
    if (text.length < frameText) continue;
    frame(text);
    text = '';
  }
  if (text !== '') frame(text);
  const digest = sha256(hash.digest('hex'));
  frame(`${JSON.stringify({ kind: 'end', messages: manifest.messages.length, digest })}\n`);
  return { object: Buffer.concat(frames), digest };
}

/** SHA-256 of the lines before the final one: two manifests with the same digest say the same. */
export async function manifestDigest(manifest: Manifest): Promise<Sha256> {
  const turns = new Turns();
  const hash = createHash('sha256');
  for (const piece of pieces(manifest)) {
    hash.update(piece);
    await turns.spent(piece.length);
  }
  return sha256(hash.digest('hex'));
}

/** The lines before the final one, in parts that are not much longer than a short line. */
function* pieces({ head, messages }: Manifest): Generator<string> {
  let text = `${JSON.stringify(head)}\n`;
  for (const message of messages) {
    if (text.length >= shortLine) {
      yield text;
      text = '';
    }
    if (isShort(message)) text += `${JSON.stringify(message)}\n`;
    else {
      if (text !== '') yield text;
      yield* longJson(message);
      text = '\n';
    }
  }
  if (text !== '') yield text;
}

/** Whether the texts of a line that a sender chooses are short, and few. */
function isShort({ from, to, subject, messageId, flags, labels, headers }: ManifestMessage): boolean {
  let left = shortLine;
  for (const text of [from, to, subject, messageId]) left -= text?.length ?? 0;
  for (const list of [flags, labels, ...Object.values(headers)]) {
    for (const text of list) left -= text.length + 3;
    if (left < 0) return false;
  }
  return left >= 0;
}

/** The same of the object before it was encrypted, which is what messages are read from. */
export function plainManifest(manifest: Manifest): Manifest {
  const { encryption, ...head } = manifest.head;
  if (encryption === undefined) return manifest;
  const { bytes, sha256: digest } = encryption;
  return { head: { ...head, bytes, sha256: digest }, messages: manifest.messages };
}
