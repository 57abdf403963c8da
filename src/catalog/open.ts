import type { Catalog } from '../ports/catalog.ts';
import type { Locks } from '../ports/locks.ts';
import { openLocks } from './locks.ts';
import { openPostgres } from './postgres/open.ts';
import { nameOf, type PostgresSettings } from './postgres/settings.ts';
import { openCatalog, type OpenOptions } from './sqlite.ts';

/** Which database holds the catalog. SQLite: the absolute path of the file. */
export type DatabasePlace =
  | { readonly type: 'sqlite'; readonly path: string }
  | { readonly type: 'postgres'; readonly settings: PostgresSettings };

/** A catalog with the locks that belong to it. */
export interface OpenedCatalog {
  readonly catalog: Catalog;
  readonly locks: Locks;
}

/** Opens the catalog, wherever it is. @throws `database`. */
export async function openDatabase(place: DatabasePlace, options: OpenOptions): Promise<OpenedCatalog> {
  if (place.type === 'postgres') return await openPostgres(place.settings, options);
  const catalog = await openCatalog(place.path, options);
  return { catalog, locks: openLocks(`${place.path}.locks`) };
}

/** For messages: never a secret. */
export function placeName(place: DatabasePlace): string {
  return place.type === 'sqlite' ? place.path : nameOf(place.settings);
}
