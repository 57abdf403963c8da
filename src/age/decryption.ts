import { readFile } from 'node:fs/promises';
import { Decrypter } from 'age-encryption';
import { errorMessage, MothballError } from '../errors.ts';
import type { Decryption } from '../ports/encryption.ts';
import { piecesOf, webStream } from './streams.ts';

/**
 * Decryption with the identities (`AGE-SECRET-KEY-…`) of a file as age-keygen writes it: one a line,
 * `#` begins a comment. @throws MothballError `config` when there is none; never shows what it read.
 */
export async function ageDecryption(file: string): Promise<Decryption> {
  const decrypter = new Decrypter();
  for (const identity of await identitiesOf(file)) {
    try {
      decrypter.addIdentity(identity);
    } catch {
      throw new MothballError(
        {
          fact: `${file} holds a line that is not an age identity`,
          remedy: 'It should be a file that age-keygen wrote',
        },
        { code: 'identity' },
      );
    }
  }
  return { decrypt: (source) => decrypt(decrypter, file, source) };
}

async function identitiesOf(file: string): Promise<readonly string[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new MothballError(
      { fact: `the identity file ${file} can't be read: ${errorMessage(error)}` },
      {
        code: 'identity',
        cause: error,
      },
    );
  }
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const identities = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (identities.length === 0) {
    throw new MothballError(
      { fact: `the identity file ${file} holds no identity (AGE-SECRET-KEY-…)` },
      {
        code: 'identity',
      },
    );
  }
  return identities;
}

async function* decrypt(
  decrypter: Decrypter,
  file: string,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const input = webStream(source);
  try {
    yield* piecesOf(await decrypter.decrypt(input.stream));
  } catch (error) {
    // The source's own failure says more than the decrypter's.
    if (input.failure() !== null) throw input.failure();
    if (errorMessage(error).includes('no identity matched')) {
      throw new MothballError(
        {
          fact: `none of the identities in ${file} fits: it was encrypted to others`,
          remedy: 'Use the identity of a recipient that the store had when this was written',
        },
        { code: 'refused', cause: error },
      );
    }
    throw new MothballError(
      { fact: `it can't be decrypted: ${errorMessage(error)}: it is damaged or was altered` },
      {
        code: 'verify',
        cause: error,
      },
    );
  }
}
