import { MothballError } from '../errors.ts';

/** Rows of one source: the largest fleets are a tenth of it. */
export const maxRows = 1_000_000;
/** Bytes of a file or of all answers together: a row of a directory has some 200. */
export const maxBytes = 256 * 1024 * 1024;
/** For one reading of a source, in milliseconds. */
export const readingMs = 120_000;
/** For one connection, and for one answer, in milliseconds. */
export const answerMs = 30_000;

/** @throws {MothballError} `config` */
export function requireRows(count: number): void {
  if (count > maxRows)
    throw new MothballError(
      { fact: `it has more than ${maxRows} rows`, remedy: 'Narrow it by its query, filter or mask' },
      { code: 'config' },
    );
}

/** @throws {MothballError} `config` */
export function requireBytes(count: number): void {
  if (count > maxBytes)
    throw new MothballError({ fact: `it is longer than ${maxBytes} bytes` }, { code: 'config' });
}
