import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, MothballError } from '../errors.ts';
import type { ByteRange } from '../ports/store.ts';
import { readHandle } from '../work/spool.ts';

/**
 * Decrypted mail on disk, for as long as it is read. The file loses its name as soon as it is open:
 * however this process ends, the system removes the file.
 */
export class DecryptedFile {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Writes the whole source. @throws `store` when the spool cannot be written, and what the source throws. */
  static async open(directory: string, source: AsyncIterable<Uint8Array>): Promise<DecryptedFile> {
    const path = join(directory, `${randomUUID()}.decrypted`);
    const file = await spooled(directory, () => open(path, 'wx+', 0o600));
    try {
      await spooled(directory, () => rm(path));
      for await (const piece of source) await spooled(directory, () => file.writeFile(piece));
    } catch (error) {
      await file.close();
      throw error;
    }
    return new DecryptedFile(file);
  }

  read(range?: ByteRange): AsyncIterable<Uint8Array> {
    return readHandle(this.#file, range);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function spooled<T>(directory: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw new MothballError(
      {
        fact: `an archive could not be decrypted into the spool ${directory}: ${errorMessage(error)}`,
        notDone: 'nothing was changed',
        remedy: 'Check that directory, or set spool.path to another volume',
      },
      { code: 'store', cause: error },
    );
  }
}
