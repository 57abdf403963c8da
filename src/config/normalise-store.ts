import { dirname, join } from 'node:path';
import { bytes } from '../domain/brands.ts';
import type { Bytes } from '../domain/brands.ts';
import type { Config, StoreConfig } from './config.ts';
import type { Entry } from './check.ts';
import type { StoreInput } from './schema-main.ts';
import type { Scope } from './scope.ts';

const defaultSpoolBytes = 4 * 1024 ** 3;

/** The stores; without any, `local` in ./archive. */
export function normaliseStores(
  scope: Scope,
  entries: readonly Entry<StoreInput>[],
  absent: boolean,
): readonly StoreConfig[] {
  if (absent) return [{ type: 'local', name: 'local', path: scope.resolve('archive'), ephemeral: false }];
  const owners = new Map<string, string>();
  return entries.flatMap(({ key, value }) => {
    if (value.type === 's3') {
      scope.report(
        ['stores', key, 'type'],
        'type: s3 is not available in this version; use type: local with a path',
      );
      return [];
    }
    const path = scope.resolve(value.path);
    const owner = owners.get(path);
    if (owner !== undefined) {
      scope.report(
        ['stores', key, 'path'],
        `store "${owner}" has this directory already; give each store its own`,
      );
    }
    owners.set(path, String(key));
    return [{ type: 'local', name: String(key), path, ephemeral: value.ephemeral }];
  });
}

export function normaliseDatabase(scope: Scope, text: string | undefined): Config['database'] {
  const found = /^sqlite:(.+)$/.exec(text ?? 'sqlite:./mothball.db');
  if (found === null) {
    // The text may hold a password and is not repeated.
    scope.report(['database'], 'PostgreSQL is not available in this version; use sqlite:./mothball.db');
  }
  return { type: 'sqlite', path: scope.resolve(found?.[1] ?? 'mothball.db') };
}

/** By default beside the database: that directory is one that may be written to. */
export function normaliseSpool(
  scope: Scope,
  spool: { readonly path?: string | undefined; readonly maxBytes?: Bytes | undefined } | undefined,
  database: Config['database'],
): Config['spool'] {
  return {
    path: spool?.path === undefined ? join(dirname(database.path), 'spool') : scope.resolve(spool.path),
    maxBytes: spool?.maxBytes ?? bytes(defaultSpoolBytes),
  };
}
