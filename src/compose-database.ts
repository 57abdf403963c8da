import { mkdir, readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { type DatabasePlace, openDatabase, type OpenedCatalog, placeName } from './catalog/open.ts';
import type { OpenOptions } from './catalog/sqlite.ts';
import type { Config, DatabaseConfig } from './config/config.ts';
import { namedDatabase } from './config/named-database.ts';
import { errorMessage, MothballError } from './errors.ts';

import type { DatabaseWhere } from './preflight/store-owner.ts';

export type { OpenedCatalog };

/** A database that a person named on the command line. */
export interface NamedDatabase {
  readonly text: string;
  readonly cwd: string;
  readonly passwordFile: string | null;
  /** The configured one: named again, it is used with its password and its certificates. */
  readonly configured: DatabaseConfig | null;
}

/** @throws `usage`, `config`. */
export async function placeNamed({
  text,
  cwd,
  passwordFile,
  configured,
}: NamedDatabase): Promise<DatabasePlace> {
  const named = namedDatabase(text, cwd, passwordFile);
  const same = configured !== null && databaseName(named) === databaseName(configured);
  return await placeOf(same ? configured : named);
}

/** Brings the schema up to date; `create`: makes it where there is none. */
export async function migrateDatabase(place: DatabasePlace, create: boolean): Promise<void> {
  const { catalog } = await openDatabase(place, { mode: create ? 'create' : 'existing' });
  await catalog[Symbol.asyncDispose]();
}

/** The catalog that the configuration names, with its locks. @throws `database`, `config`. */
export async function openDatabaseOf(
  { database }: Pick<Config, 'database'>,
  mode: OpenOptions['mode'],
): Promise<OpenedCatalog> {
  return await openDatabase(await placeOf(database), { mode });
}

export { placeName } from './catalog/open.ts';
export { copyDatabase, countTables } from './catalog/copy-places.ts';

/** Makes the directory of an SQLite database and its locks. */
export async function prepareDirectories({ database }: Pick<Config, 'database'>): Promise<void> {
  if (database.type === 'sqlite') await mkdir(dirname(database.path), { recursive: true });
}

/** For messages: never a secret. */
export function databaseName(database: DatabaseConfig): string {
  return placeName(settled(database, null));
}

/**
 * Where the database is, for the record of a store; all replicas say the same. Names are equal in many
 * places, as those of pods: a directory is known by its inode and the moment in which it was made.
 */
export async function whereIs(database: DatabaseConfig): Promise<DatabaseWhere> {
  if (database.type !== 'sqlite') return { place: databaseName(database), directory: null };
  const place = `${hostname()}:${database.path}`;
  try {
    const { ino, birthtimeNs } = await stat(dirname(database.path), { bigint: true });
    return { place, directory: birthtimeNs === 0n ? null : `${ino}/${birthtimeNs}` };
  } catch {
    return { place, directory: null };
  }
}

/** @throws `config` when the certificate file can't be read. */
export async function placeOf(database: DatabaseConfig): Promise<DatabasePlace> {
  if (database.type === 'sqlite' || database.tls?.caFile == null) return settled(database, null);
  const { caFile } = database.tls;
  try {
    return settled(database, await readFile(caFile, 'utf8'));
  } catch (error) {
    throw new MothballError(
      {
        fact: `the caFile ${caFile} of the database can't be read (${errorMessage(error)})`,
        notDone: 'nothing was done',
      },
      { code: 'config', cause: error },
    );
  }
}

function settled(database: DatabaseConfig, ca: string | null): DatabasePlace {
  if (database.type === 'sqlite') return database;
  const { type, password, tls, ...rest } = database;
  return {
    type,
    settings: {
      ...rest,
      password: password === null ? null : () => password.read(),
      tls: tls === null ? null : { ca },
    },
  };
}
