import { createHash } from 'node:crypto';
import { bytes, sha256, type Sha256 } from '../../src/domain/brands.ts';
import { archiveId } from '../../src/format/archive-id.ts';
import { compressFrame } from '../../src/format/frames.ts';
import { fromLine } from '../../src/format/from-line.ts';
import { headerLength } from '../../src/format/header-block.ts';
import type { Manifest } from '../../src/format/manifest-types.ts';
import { parseManifest } from '../../src/format/manifest-parse.ts';
import { encodeManifest } from '../../src/format/manifest.ts';
import { encodeMboxrd } from '../../src/format/mboxrd.ts';

/** An archive that somebody with write access to the store made up, in the clear. */
export interface Forgery {
  readonly id: string;
  readonly object: Buffer;
  readonly manifest: Buffer;
}

/** How an encrypted object and its digest come about. */
export type Encrypt = (object: Buffer) => Buffer;

/**
 * The same archive with other texts: every header, length, date and UID stays, as does `headerSha256`,
 * and all digests and the ID fit. `keepId`: a careless forger leaves the ID as it was.
 */
export async function forge(
  plainManifest: Uint8Array,
  originals: readonly Uint8Array[],
  { keepId = false, encrypt = null }: { readonly keepId?: boolean; readonly encrypt?: Encrypt | null } = {},
): Promise<Forgery> {
  const { head, messages } = await parseManifest(plainManifest);
  const pieces: Buffer[] = [];
  let at = 0;
  const lines = messages.map((line, index) => {
    const real = Buffer.from(originals[index] ?? []);
    const fake = Buffer.concat([
      real.subarray(0, headerLength(real)),
      Buffer.from(`${'Z'.repeat(real.length - headerLength(real) - 2)}\r\n`),
    ]);
    const from = fromLine(null, new Date(line.internalDate));
    const { crlf, addedNewline, pieces: encoded } = encodeMboxrd(fake);
    const stored = Buffer.concat(encoded.map((piece) => Buffer.from(piece)));
    pieces.push(Buffer.from(from), stored);
    const offset = at + from.length;
    at = offset + stored.length;
    const place = { offset: bytes(offset), length: bytes(stored.length) };
    return { ...line, sha256: digest(fake), crlf, addedNewline, stored: place };
  });
  const plain = Buffer.from(compressFrame(Buffer.concat(pieces), 'zstd'));
  const object = encrypt === null ? plain : encrypt(plain);
  const frame = { offset: bytes(0), length: bytes(plain.length) };
  const forged: Manifest['messages'] = lines.map((line) => ({ ...line, frame }));
  const id = keepId ? head.id : archiveId(head, forged);
  const { encryption } = head;
  const made = {
    ...head,
    id,
    key: head.key.replace(head.id, id),
    bytes: bytes(object.length),
    sha256: digest(object),
    objectVersion: null,
    ...(encryption === undefined
      ? {}
      : { encryption: { ...encryption, bytes: bytes(plain.length), sha256: digest(plain) } }),
  };
  return { id, object, manifest: Buffer.from(await encodeManifest({ head: made, messages: forged })) };
}

function digest(data: Uint8Array): Sha256 {
  return sha256(createHash('sha256').update(data).digest('hex'));
}
