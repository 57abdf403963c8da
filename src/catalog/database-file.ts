import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errorMessage, MothballError } from '../errors.ts';
import { whileBusy } from './busy.ts';
import { databaseError, isFatal } from './failure.ts';

/** Rows read, or the effect of a statement that returns none. */
export interface StatementResult {
  readonly rows: readonly unknown[];
  readonly changes: bigint;
  readonly insertId: bigint;
}

/** Statements kept prepared; the catalog has fewer than this. */
const maxStatements = 128;
/** Rows read before other work in the process gets its turn. */
const rowsPerTurn = 2000;

/**
 * One connection to a catalog. It closes itself after a failed COMMIT or ROLLBACK, an I/O error, a
 * full disk or a damaged page: from then on every call throws `database`.
 */
export class DatabaseFile {
  readonly path: string;
  readonly readOnly: boolean;
  readonly #renew: ((database: DatabaseSync) => DatabaseSync) | null;
  readonly #statements = new Map<string, StatementSync>();
  #database: DatabaseSync;
  #closedBecause: string | null = null;

  /** `renew` may hand out another connection before a statement, when the file changed underneath. */
  constructor(
    path: string,
    readOnly: boolean,
    database: DatabaseSync,
    renew: ((database: DatabaseSync) => DatabaseSync) | null = null,
  ) {
    this.path = path;
    this.readOnly = readOnly;
    this.#database = database;
    this.#renew = renew;
  }

  /** Runs one statement. @throws `database`. */
  async query(sql: string, parameters: readonly unknown[]): Promise<StatementResult> {
    this.#requireOpen();
    const values = parameters.map(bindable);
    try {
      // Inside a transaction BUSY can't be waited out: the whole transaction would have to start again.
      const inside = this.#database.isTransaction;
      return await whileBusy(() => this.#run(sql, values), inside ? 0 : undefined);
    } catch (error) {
      if (isFatal(error)) this.#fail(error);
      throw databaseError(this.path, error);
    }
  }

  /** Starts a write transaction, waiting for other writers. @throws `database`. */
  async begin(): Promise<void> {
    if (this.readOnly) {
      throw new MothballError(
        { fact: `the catalog ${this.path} is open for reading only`, notDone: 'nothing was recorded' },
        {
          code: 'database',
        },
      );
    }
    await this.query('BEGIN IMMEDIATE', []);
  }

  /** Makes the transaction durable. After an error nobody knows whether it is: the connection closes. */
  commit(): void {
    this.#requireOpen();
    try {
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#fail(error);
      throw databaseError(this.path, error);
    }
  }

  /** Takes back the transaction. Never throws, so that the error that led here is the one reported. */
  rollback(): void {
    if (this.#closedBecause !== null || !this.#database.isTransaction) return;
    try {
      this.#database.exec('ROLLBACK');
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Closes it. Again: nothing happens. */
  close(): void {
    if (this.#closedBecause !== null) return;
    this.#closedBecause = 'it was closed by this process';
    this.#statements.clear();
    this.#database.close();
  }

  async #run(sql: string, values: SQLInputValue[]): Promise<StatementResult> {
    const statement = this.#prepare(sql);
    if (statement.columns().length === 0) {
      const { changes, lastInsertRowid } = statement.run(...values);
      return { rows: [], changes: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    }
    const rows: unknown[] = [];
    for (const row of statement.iterate(...values)) {
      rows.push(row);
      if (rows.length % rowsPerTurn === 0) await nextTurn();
    }
    return { rows, changes: 0n, insertId: 0n };
  }

  #prepare(sql: string): StatementSync {
    if (this.#renew !== null) {
      const renewed = this.#renew(this.#database);
      if (renewed !== this.#database) this.#statements.clear();
      this.#database = renewed;
    }
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    const [oldest] = this.#statements.keys();
    if (this.#statements.size >= maxStatements && oldest !== undefined) this.#statements.delete(oldest);
    this.#statements.set(sql, statement);
    return statement;
  }

  #requireOpen(): void {
    if (this.#closedBecause === null) return;
    throw new MothballError(
      {
        fact: `the catalog ${this.path} is closed: ${this.#closedBecause}`,
        notDone: 'nothing was recorded and nothing may be deleted',
        remedy: 'Run again',
      },
      { code: 'database' },
    );
  }

  #fail(error: unknown): void {
    if (this.#closedBecause !== null) return;
    this.#closedBecause = `an earlier step failed (${errorMessage(error)})`;
    this.#statements.clear();
    try {
      this.#database.close();
    } catch {
      // It is not used again; the failure that led here is what the caller hears of.
    }
  }
}

/** What Kysely passes on, as far as SQLite can take it. */
function bindable(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'bigint') return value;
  // A date that could not be read is NaN, which SQLite would store as NULL without a word.
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (value instanceof Uint8Array) return value;
  throw new MothballError(
    {
      fact: `the catalog can't store a ${typeof value}${typeof value === 'number' ? ` (${value})` : ''}`,
      notDone: 'nothing was recorded',
    },
    {
      code: 'database',
    },
  );
}
