import { dirname, join } from 'node:path';
import { bytes, type Bytes } from '../domain/brands.ts';
import type { Entry } from './check.ts';
import type { Config, StoreConfig } from './config.ts';
import { normaliseEncryption } from './normalise-encryption.ts';
import { normaliseS3 } from './normalise-s3.ts';
import type { StoreInput } from './schema-store.ts';
import type { Scope } from './scope.ts';
import type { Path } from './yaml-source.ts';

const defaultSpoolBytes = 4 * 1024 ** 3;

/** The stores; without any, `local` in ./archive. */
export function normaliseStores(
  scope: Scope,
  entries: readonly Entry<StoreInput>[],
  absent: boolean,
): readonly StoreConfig[] {
  if (absent) {
    const path = scope.resolve('archive');
    return [{ type: 'local', name: 'local', path, ephemeral: false, unsyncedNames: false, encryption: null }];
  }
  const owners = new Map<string, string>();
  return entries.flatMap(({ key, value }): readonly StoreConfig[] => {
    const place = ['stores', key];
    if (value.type === 's3') {
      const store = normaliseS3(scope, String(key), value);
      const bucket = `s3://${store.endpoint ?? ''}/${store.bucket}/${store.prefix}`;
      claim(scope, owners, { store: String(key), place: bucket, path: [...place, 'bucket'] });
      return [store];
    }
    const path = scope.resolve(value.path);
    claim(scope, owners, { store: String(key), place: path, path: [...place, 'path'] });
    const encryption = normaliseEncryption(scope, String(key), value.encryption);
    const { ephemeral, unsyncedNames } = value;
    return [{ type: 'local', name: String(key), path, ephemeral, unsyncedNames, encryption }];
  });
}

interface Claim {
  readonly store: string;
  readonly place: string;
  /** Where the configuration names the place. */
  readonly path: Path;
}

/** Two stores of one place would each take the other's archives for their own. */
function claim(scope: Scope, owners: Map<string, string>, { store, place, path }: Claim): void {
  const bucket = place.startsWith('s3:');
  const inside = (a: string, b: string): boolean => a === b || (bucket && a.startsWith(b));
  const [, owner] = [...owners].find(([other]) => inside(other, place) || inside(place, other)) ?? [];
  if (owner !== undefined) {
    const what = bucket ? 'this bucket with this prefix or an outer one' : 'this directory';
    scope.report(path, `store "${owner}" already uses ${what}; give each store its own`);
  }
  owners.set(place, store);
}

/** Beside the SQLite file: that directory is one that may be written to. */
function defaultSpool(scope: Scope, database: Config['database']): string {
  return database.type === 'sqlite' ? join(dirname(database.path), 'spool') : scope.resolve('spool');
}

export function normaliseSpool(
  scope: Scope,
  spool: { readonly path?: string | undefined; readonly maxBytes?: Bytes | undefined } | undefined,
  database: Config['database'],
): Config['spool'] {
  return {
    path: spool?.path === undefined ? defaultSpool(scope, database) : scope.resolve(spool.path),
    maxBytes: spool?.maxBytes ?? bytes(defaultSpoolBytes),
  };
}
