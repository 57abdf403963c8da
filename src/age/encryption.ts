/**
 * `age/`: encryption of archives to age recipients, behind `ports/encryption.ts`. This file encrypts and
 * knows only recipients; `decryption.ts` needs identities, which only reading, restoring and proving
 * have. Plain text is never written to disk here: `streams.ts` passes pieces through.
 * May import `age-encryption`, which only this room knows, `ports`, `domain` and `errors.ts`.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Encrypter } from 'age-encryption';
import { bytes, sha256 } from '../domain/brands.ts';
import { errorMessage, MothballError } from '../errors.ts';
import type { Encryption } from '../ports/encryption.ts';
import { piecesOf, webStream } from './streams.ts';

/** Bytes read at a time. */
const readSize = 256 * 1024;

/** Encryption to age recipients (`age1…`). @throws MothballError `config` for an invalid one. */
export function ageEncryption(recipients: readonly string[]): Encryption {
  const encrypter = new Encrypter();
  for (const [index, recipient] of recipients.entries()) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      // What was put there by mistake may be a secret key.
      throw new MothballError(
        {
          fact: `recipient ${index + 1} of the encryption is not an age recipient`,
          remedy: 'age-keygen makes them; they begin with age1',
        },
        { code: 'config' },
      );
    }
  }
  return {
    fingerprint: sha256(createHash('sha256').update(recipients.toSorted().join('\n')).digest('hex')),
    recipients: recipients.length,
    encryptBytes: (data) => encrypter.encrypt(data),
    encryptFile: (path, to) => encryptFile(encrypter, path, to),
  };
}

async function encryptFile(
  encrypter: Encrypter,
  path: string,
  to: string,
): ReturnType<Encryption['encryptFile']> {
  const hash = createHash('sha256');
  const plainHash = createHash('sha256');
  let length = 0;
  try {
    const file = await open(to, 'wx', 0o600);
    try {
      const { stream } = webStream(hashed(createReadStream(path, { highWaterMark: readSize }), plainHash));
      for await (const piece of piecesOf(await encrypter.encrypt(stream))) {
        hash.update(piece);
        length += piece.length;
        await file.writeFile(piece);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new MothballError(
      {
        fact: `could not encrypt the spool file ${path}: ${errorMessage(error)}`,
        notDone: 'nothing was archived or deleted',
        remedy: 'Check the spool directory, then run again',
      },
      { code: 'store', cause: error },
    );
  }
  const plainSha256 = sha256(plainHash.digest('hex'));
  return { path: to, bytes: bytes(length), sha256: sha256(hash.digest('hex')), plainSha256 };
}

async function* hashed(source: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    hash.update(piece);
    yield piece;
  }
}
