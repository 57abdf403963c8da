import { Buffer } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Kysely } from 'kysely';
import { sha256, type Sha256 } from '../domain/brands.ts';
import { isRunResult, type RunResult } from '../domain/run-result.ts';
import { errorMessage, MothballError } from '../errors.ts';
import type { Schema } from './schema.ts';

/** The catalog's database, or a transaction on it. */
export type Db = Kysely<Schema>;

/** The catalog's database. Reads go to it directly, every write goes through `write`. */
export interface CatalogDb extends Db {
  /**
   * Does the work in one transaction, which is on disk when this resolves. On PostgreSQL the work may be
   * done again, when another transaction was in its way or the connection broke: it must have no effect
   * but on the database.
   */
  write<T>(work: (trx: Db) => Promise<T>): Promise<T>;
}

/** SQLite: one transaction after another, each done once. */
export class PlainDb extends Kysely<Schema> implements CatalogDb {
  async write<T>(work: (trx: Db) => Promise<T>): Promise<T> {
    return await this.transaction().execute(work);
  }
}

/** Rows decoded or written before other work in the process gets its turn. */
const rowsPerTurn = 1000;

/** The error for a broken invariant. */
export function impossible(what: string, cause?: unknown, remedy?: string): MothballError {
  return new MothballError(
    {
      fact: `the catalog ${what}`,
      notDone: 'nothing was recorded',
      ...(remedy === undefined ? {} : { remedy }),
    },
    { code: 'database', cause },
  );
}

/** Decodes rows with the event loop kept alive. @throws `database` when a row holds what it can't. */
export async function decodeRows<Row, T>(
  rows: readonly Row[],
  decode: (row: Row) => T,
): Promise<readonly T[]> {
  const decoded: T[] = [];
  await eachRow(rows, (row) => {
    try {
      decoded.push(decode(row));
    } catch (error) {
      throw impossible(
        `holds an impossible value (${errorMessage(error)})`,
        error,
        'Run `mothball reindex` on a new one',
      );
    }
  });
  return decoded;
}

/** Does something for each row, giving other work its turn now and then. */
export async function eachRow<Row>(
  rows: readonly Row[],
  work: (row: Row, index: number) => Promise<void> | void,
): Promise<void> {
  for (const [index, row] of rows.entries()) {
    const pending = work(row, index);
    if (pending !== undefined) await pending;
    if (index % rowsPerTurn === rowsPerTurn - 1) await nextTurn();
  }
}

/** 32 bytes, half of what the hex digits take. */
export function digestToBlob(digest: Sha256): Uint8Array {
  return Buffer.from(digest, 'hex');
}

export function digestFromBlob(blob: Uint8Array): Sha256 {
  return sha256(Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).toString('hex'));
}

/** An ISO 8601 instantMs as milliseconds UTC. @throws `database` when it is not one. */
export function instantMs(iso: string): number {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) throw impossible(`was given an invalid date (${JSON.stringify(iso.slice(0, 40))})`);
  return ms;
}

/** Milliseconds UTC as a date. @throws RangeError beyond what a Date can hold. */
export function date(ms: number): Date {
  const made = new Date(ms);
  if (Number.isNaN(made.getTime())) throw new RangeError(`not a date: ${ms}`);
  return made;
}

/** A JSON list of strings. @throws RangeError when it is something else. */
export function stringList(json: string): readonly string[] {
  const value: unknown = JSON.parse(json);
  if (isStringList(value)) return value;
  throw new RangeError('not a list of strings');
}

export function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** The one of the allowed values that the column holds. @throws RangeError for any other. */
export function oneOf<T extends string>(allowed: readonly T[], value: string): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new RangeError(`unknown value ${JSON.stringify(value.slice(0, 40))}`);
  return found;
}

/** @throws RangeError when it is not the result of a run. */
export function runResultOf(text: string): RunResult {
  if (!isRunResult(text)) throw new RangeError(`not the result of a run: ${text.slice(0, 40)}`);
  return text;
}
