import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Space } from '../metrics/metrics.ts';
import type { Catalog } from '../ports/catalog.ts';

/**
 * How much room there is where the daemon writes. What can't be read is null: the disk of a PostgreSQL
 * server is elsewhere. Never throws.
 */
export async function spaceOf(
  { stores, spool, database }: Config,
  catalog: Pick<Catalog, 'databaseBytes'>,
): Promise<Space> {
  const local = [...stores.values()].filter((store) => store.type === 'local');
  const free = await Promise.all(local.map(async ({ name, path }) => [name, await freeBytes(path)] as const));
  return {
    stores: new Map(free),
    // The spool's directory may not be made yet.
    spoolFree: (await freeBytes(spool.path)) ?? (await freeBytes(dirname(spool.path))),
    database:
      database.type === 'sqlite'
        ? await sizeOf(database.path)
        : await catalog.databaseBytes().catch(() => null),
    databaseFree: database.type === 'sqlite' ? await freeBytes(dirname(database.path)) : null,
  };
}

async function freeBytes(path: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** With what is not merged into the file yet. */
async function sizeOf(path: string): Promise<number | null> {
  const bytes = async (file: string): Promise<number | null> =>
    stat(file).then(
      ({ size }) => size,
      () => null,
    );
  const size = await bytes(path);
  return size === null ? null : size + ((await bytes(`${path}-wal`)) ?? 0);
}
