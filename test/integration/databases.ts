import { randomUUID } from 'node:crypto';
import { type Postgres, startPostgres } from '../servers/postgres.ts';
import type { Site, SiteWish } from './installation.ts';

export type DatabaseKind = 'SQLite' | 'PostgreSQL';
export const databaseKinds: readonly DatabaseKind[] = ['SQLite', 'PostgreSQL'];

/** Databases of both kinds for sites; the PostgreSQL server is started when the first asks for it. */
export class Databases {
  #server: Promise<Postgres> | null = null;

  server(): Promise<Postgres> {
    this.#server ??= startPostgres();
    return this.#server;
  }

  /** A new database of this kind: keys for `extra`. SQLite: the file beside the configuration. */
  async keysOf(kind: DatabaseKind): Promise<NonNullable<SiteWish['extra']>> {
    if (kind === 'SQLite') return {};
    return { database: await (await this.server()).database(randomUUID()) };
  }

  /** The database is lost, and an empty one is in its place. */
  async lose(kind: DatabaseKind, site: Site, extra: NonNullable<SiteWish['extra']>): Promise<void> {
    await site.removeDatabase();
    if (kind === 'PostgreSQL') await site.configure({ extra: { ...extra, ...(await this.keysOf(kind)) } });
  }

  async stop(): Promise<void> {
    if (this.#server !== null) await (await this.#server)[Symbol.asyncDispose]();
  }
}
