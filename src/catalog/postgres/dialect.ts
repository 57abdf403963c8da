import { setTimeout as sleep } from 'node:timers/promises';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';
import pg from 'pg';
import { isError, MothballError } from '../../errors.ts';
import { isAway, postgresError } from './failure.ts';
import { connectionOf, prepareSession } from './session.ts';
import { nameOf, type PostgresSettings } from './settings.ts';
import { bindable } from './text.ts';

/** How long a call waits for a database that is away, in milliseconds: longer than a failover takes. */
export const awayPatienceMs = 60_000;

/** Connections to one PostgreSQL database, made again with growing pauses after a failover. */
export class Connections {
  readonly name: string;
  readonly #pool: pg.Pool;
  readonly #settings: PostgresSettings;
  readonly readOnly: boolean;
  readonly #patienceMs: number;
  readonly #ready = new WeakSet<pg.PoolClient>();
  #closed = false;

  constructor(settings: PostgresSettings, readOnly: boolean, patience = awayPatienceMs) {
    this.name = nameOf(settings);
    this.#settings = settings;
    this.readOnly = readOnly;
    this.#patienceMs = patience;
    this.#pool = new pg.Pool({
      ...connectionOf(settings),
      max: settings.poolSize,
      idleTimeoutMillis: 60_000,
    });
    // A connection that ends is replaced when it is needed; the query under way reports it.
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Does it again while the database is away, with growing pauses. @throws `database`. */
  async patiently<T>(work: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#patienceMs;
    for (let pause = 100; ; pause = Math.min(2 * pause, 5000)) {
      try {
        return await work();
      } catch (error) {
        const passes = isError(error, 'database') ? error.retryable && !this.#closed : isAway(error);
        if (!passes || performance.now() + pause > deadline) throw postgresError(this.name, error);
      }
      await sleep(pause / 2 + Math.random() * pause);
    }
  }

  /** A connection that was checked. Waits while the database is away. @throws `database`. */
  async client(): Promise<pg.PoolClient> {
    return await this.patiently(() => this.#connect());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#pool.end();
  }

  async #connect(): Promise<pg.PoolClient> {
    if (this.#closed) throw closedError(this.name);
    const client = await this.#pool.connect();
    if (this.#ready.has(client)) return client;
    try {
      await prepareSession(client, this.#settings, this.readOnly);
      this.#ready.add(client);
      return client;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}

function closedError(name: string): MothballError {
  return new MothballError(
    {
      fact: `the database ${name} is closed: it was closed by this process`,
      notDone: 'nothing was recorded and nothing may be deleted',
      remedy: 'Run again',
    },
    { code: 'database' },
  );
}

/** Kysely over `Connections`. A read outside of a transaction is asked again after a failover. */
export class PostgresCatalogDialect implements Dialect {
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  createDriver(): Driver {
    return new PostgresDriver(this.#connections);
  }

  createQueryCompiler(): PostgresQueryCompiler {
    return new PostgresQueryCompiler();
  }

  createAdapter(): PostgresAdapter {
    return new PostgresAdapter();
  }

  createIntrospector(db: Kysely<unknown>): PostgresIntrospector {
    return new PostgresIntrospector(db);
  }
}

class PostgresDriver implements Driver {
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PostgresConnection> {
    return new PostgresConnection(this.#connections, await this.#connections.client());
  }

  async beginTransaction(
    connection: PostgresConnection,
    { isolationLevel }: TransactionSettings,
  ): Promise<void> {
    connection.inTransaction = true;
    await connection.executeQuery(
      CompiledQuery.raw(`BEGIN ISOLATION LEVEL ${isolationLevel ?? 'read committed'}`),
    );
  }

  async commitTransaction(connection: PostgresConnection): Promise<void> {
    await connection.commit();
    connection.inTransaction = false;
  }

  /** Never throws, so that the error that led here is the one reported. */
  async rollbackTransaction(connection: PostgresConnection): Promise<void> {
    await connection.rollback();
    connection.inTransaction = false;
  }

  async releaseConnection(connection: PostgresConnection): Promise<void> {
    connection.release();
  }

  async destroy(): Promise<void> {
    await this.#connections.close();
  }
}

class PostgresConnection implements DatabaseConnection {
  inTransaction = false;
  readonly #connections: Connections;
  #client: pg.PoolClient;
  #broken = false;
  /** Whether the client was given back to the pool. */
  #given = false;

  constructor(connections: Connections, client: pg.PoolClient) {
    this.#connections = connections;
    this.#client = client;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const values = parameters.map(bindable);
    const result = this.inTransaction ? await this.#once(sql, values) : await this.#again(sql, values);
    // Kysely infers Row from the query and the Schema; what a row holds is checked where it is decoded.
    return { rows: result.rows as Row[], numAffectedRows: BigInt(result.rowCount ?? 0) };
  }

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    yield await this.executeQuery<Row>(query);
  }

  async commit(): Promise<void> {
    const { command } = await this.#once('COMMIT', []);
    // PostgreSQL answers ROLLBACK where an earlier statement had failed.
    if (command !== 'COMMIT')
      throw new MothballError(
        {
          fact: `the database ${this.#connections.name} took a transaction back`,
          notDone: 'nothing was recorded',
        },
        { code: 'database', retryable: true },
      );
  }

  async rollback(): Promise<void> {
    if (this.#broken) return;
    await this.#client.query('ROLLBACK').catch(() => {
      this.#broken = true;
    });
  }

  release(): void {
    if (!this.#given) this.#client.release(this.#broken);
    this.#given = true;
  }

  async #once(sql: string, values: readonly unknown[]): Promise<pg.QueryResult> {
    try {
      return await this.#client.query(sql, [...values]);
    } catch (error) {
      if (isAway(error)) this.#broken = true;
      throw error;
    }
  }

  /** Writes go through transactions, so what is asked again here has no effect. */
  async #again(sql: string, values: readonly unknown[]): Promise<pg.QueryResult> {
    return await this.#connections.patiently(async () => {
      if (this.#broken) {
        // Where none comes, this one is not given back again.
        this.release();
        this.#client = await this.#connections.client();
        this.#given = false;
        this.#broken = false;
      }
      return await this.#once(sql, values);
    });
  }
}
