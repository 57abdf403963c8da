import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytes, sha256 } from '../../src/domain/brands.ts';
import type { Manifest } from '../../src/format/manifest-types.ts';
import type { Packing } from '../../src/format/packing.ts';
import type { Codec, NewMessage } from '../../src/ports/codec.ts';
import { manifestOf, newMessage } from '../contract/archive-fixture.ts';

export interface Written {
  readonly object: Buffer;
  readonly manifest: Manifest;
}

/** An archive of the given messages; those that `large` names go the way of the large ones. */
export async function write(
  codec: Codec,
  { format, compression }: Packing,
  messages: readonly Buffer[],
  options: {
    readonly folder?: readonly string[];
    readonly large?: (index: number) => boolean;
    readonly about?: (index: number) => Partial<NewMessage>;
  } = {},
): Promise<Written> {
  const { folder = ['INBOX'], large = () => false, about = () => ({}) } = options;
  const spoolDir = await mkdtemp(join(tmpdir(), 'written-'));
  const writer = codec.writer({ format, compression, folder, spoolDir, headerNames: [] });
  try {
    for (const [index, data] of messages.entries()) {
      const message = { ...newMessage(index + 1), ...about(index) };
      if (large(index)) {
        await writer.begin(message);
        await writer.piece(Buffer.from(data));
        await writer.end(true);
      } else await writer.add(message, Buffer.from(data));
    }
    const written = await writer.finish();
    return { object: await readFile(written.file.path), manifest: manifestOf(written, format, compression) };
  } finally {
    await writer.abort();
    await rm(spoolDir, { recursive: true });
  }
}

/** The archive with another object, and a manifest that knows length and digest of that one. */
export function withObject({ manifest }: Written, object: Buffer): Written {
  const digest = sha256(createHash('sha256').update(object).digest('hex'));
  return {
    object,
    manifest: { ...manifest, head: { ...manifest.head, bytes: bytes(object.length), sha256: digest } },
  };
}

/** A copy in which one stretch is replaced by another of the same length. */
export function patched(object: Buffer, at: number, patch: Buffer): Buffer {
  const copy = Buffer.from(object);
  patch.copy(copy, at);
  return copy;
}
