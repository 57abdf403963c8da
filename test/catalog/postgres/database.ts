import { randomUUID } from 'node:crypto';
import { after, type TestContext } from 'node:test';
import type { OpenedCatalog } from '../../../src/catalog/open.ts';
import { openPostgres } from '../../../src/catalog/postgres/open.ts';
import type { PostgresSettings } from '../../../src/catalog/postgres/settings.ts';
import type { OpenOptions } from '../../../src/catalog/sqlite.ts';
import { type Postgres, startPostgres } from '../../servers/postgres.ts';

let starting: Promise<Postgres> | null = null;

/** One server for all tests of a file. */
export function sharedPostgres(): Promise<Postgres> {
  starting ??= startPostgres();
  return starting;
}

after(async () => {
  if (starting !== null) await (await starting)[Symbol.asyncDispose]();
});

/** The settings of a database on it. */
export function settingsOf(server: Postgres, database: string): PostgresSettings {
  const { directory: host, port, user } = server;
  return { host, port, user, database, password: null, tls: null, poolSize: 4, statementTimeoutMs: 60_000 };
}

let template: Promise<string> | null = null;

/** A database with an empty catalog, copied from one that was migrated once. */
export async function freshDatabase(): Promise<PostgresSettings> {
  const server = await sharedPostgres();
  template ??= (async () => {
    await server.database('template');
    const made = await openPostgres(settingsOf(server, 'template'), { mode: 'create' });
    await made.catalog[Symbol.asyncDispose]();
    return 'template';
  })();
  const name = `t${randomUUID().replaceAll('-', '')}`;
  await server.database(name, await template);
  return settingsOf(server, name);
}

/** Opened, and closed after the test. */
export async function openedPostgres(
  t: TestContext,
  settings: PostgresSettings,
  mode: OpenOptions['mode'] = 'create',
): Promise<OpenedCatalog> {
  const opened = await openPostgres(settings, { mode });
  t.after(() => opened.catalog[Symbol.asyncDispose]());
  return opened;
}
