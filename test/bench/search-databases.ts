import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openPostgres } from '../../src/catalog/postgres/open.ts';
import { openCatalog } from '../../src/catalog/sqlite.ts';
import type { Catalog } from '../../src/ports/catalog.ts';
import { startPostgres } from '../servers/postgres.ts';
import {
  attached,
  attachments,
  body,
  type Dialect,
  recipients,
  rowsOf,
  sender,
  subject,
} from './search-mail.ts';

/** A database full of mail. */
export interface SearchMail extends AsyncDisposable {
  readonly catalog: Catalog;
  /** The database, as a command line names it. */
  readonly place: string;
  /** IDs of the processes that work for it, beside this one. */
  processes(): Promise<readonly number[]>;
  /** Has the text of all mail indexed. */
  addTexts(): Promise<void>;
}

export async function openMail(kind: 'postgres' | 'sqlite', count: number): Promise<SearchMail> {
  return kind === 'postgres' ? await inPostgres(count) : await inSqlite(count);
}

function headerRows(dialect: Dialect, count: number, word: (text: string) => string): readonly string[] {
  return [
    ...rowsOf(count, dialect),
    `INSERT INTO lines_text (rowid, sender, recipients, subject)
       SELECT n, ${[sender, recipients, subject].map(word).join(', ')} FROM ${dialect.numbers(0, count)}`,
  ];
}

function textRows({ numbers }: Dialect, count: number, word: (text: string) => string): readonly string[] {
  return [
    `INSERT INTO texts (n, attached, attachments, body)
       SELECT n, ${attached}, ${attachments}, ${body} FROM ${numbers(0, count)}`,
    `INSERT INTO texts_index (rowid, body, attachments)
       SELECT n, ${word(body)}, ${word(attachments)} FROM ${numbers(0, count)}`,
  ];
}

async function inPostgres(count: number): Promise<SearchMail> {
  await using opened = new AsyncDisposableStack();
  const server = opened.use(
    await startPostgres({
      settings: { shared_buffers: "'512MB'", work_mem: "'16MB'", max_wal_size: "'2GB'" },
    }),
  );
  await server.database('bench');
  const { directory: host, port, user } = server;
  const settings = { host, port, user, database: 'bench', password: null, tls: null };
  const { catalog } = await openPostgres(
    { ...settings, poolSize: 1, statementTimeoutMs: 600_000 },
    { mode: 'create' },
  );
  opened.use(catalog);
  const dialect = {
    numbers: (first: number, end: number) => `generate_series(${first}::bigint, ${end}::bigint - 1) AS n`,
    digest: 'sha256(n::text::bytea)',
    hexDigest: "encode(sha256(n::text::bytea), 'hex')",
  };
  const word = (text: string): string => `to_tsvector('simple', ${text})`;
  const fill = async (statements: readonly string[]): Promise<void> => {
    for (const one of [...statements, 'VACUUM ANALYZE']) await server.sql('bench', one);
  };
  await fill(headerRows(dialect, count, word));
  const processes = async (): Promise<readonly number[]> => {
    const own = "SELECT pid FROM pg_stat_activity WHERE datname = 'bench' AND pid <> pg_backend_pid()";
    return (await server.sql('bench', own)).trim().split('\n').map(Number);
  };
  const running = opened.move();
  return {
    catalog,
    place: server.urlOf('bench'),
    processes,
    addTexts: () => fill(textRows(dialect, count, word)),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function inSqlite(count: number): Promise<SearchMail> {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'mothball-search-'));
  opened.defer(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'mothball.db');
  const catalog = opened.use(await openCatalog(path, { mode: 'create' }));
  const dialect = {
    numbers: (first: number, end: number) =>
      `(WITH RECURSIVE s (n) AS (SELECT ${first} UNION ALL SELECT n + 1 FROM s WHERE n < ${end - 1}) SELECT n FROM s)`,
    digest: 'randomblob(32)',
    hexDigest: 'lower(hex(randomblob(32)))',
  };
  const fill = async (statements: readonly string[]): Promise<void> => {
    using file = new DatabaseSync(path);
    for (const one of ['PRAGMA synchronous = OFF', 'PRAGMA cache_size = -200000', ...statements])
      file.exec(one);
  };
  const same = (text: string): string => text;
  await fill(headerRows(dialect, count, same));
  const running = opened.move();
  return {
    catalog,
    place: `sqlite:${path}`,
    processes: async () => [],
    addTexts: () => fill(textRows(dialect, count, same)),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
