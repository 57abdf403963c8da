import { access, constants, readFile, realpath, stat } from 'node:fs/promises';
import { errorMessage } from '../errors.ts';
import type { Store, StoreHealth } from '../ports/store.ts';
import { proveCanary } from './canary.ts';
import { cannotSyncNames, type Sync, syncDirectory, systemCode } from './durable-file.ts';
import { ephemeralReason, mountOf, parseMountInfo } from './mount-table.ts';

/** A directory to check. */
interface CheckedDirectory {
  readonly path: string;
  readonly ephemeral: boolean;
  readonly unsyncedNames?: boolean;
  /** fsync, except in tests of its failure. */
  readonly sync: Sync;
}

/** Whether mail may be deleted against this directory (SAFETY step 1). */
export async function checkLocal(
  store: Pick<Store, 'list' | 'putBytes' | 'read'>,
  options: CheckedDirectory,
  now: Date,
): Promise<StoreHealth> {
  const { path, ephemeral, unsyncedNames = false, sync } = options;
  const unusable = await unusableReason(path);
  if (unusable !== null) return { refusals: [unusable], warnings: [], facts: [] };
  const refusals: string[] = [];
  const warnings: string[] = [];
  const facts: string[] = [];
  const fleeting = await fleetingReason(path);
  if (fleeting !== null) {
    const text = `what is written to ${path} may not survive a restart: ${fleeting}`;
    if (ephemeral) warnings.push(text);
    else refusals.push(`${text}; use a durable volume, or set ephemeral: true to accept the loss`);
  } else {
    facts.push('is on a disk that outlives a restart');
  }
  const unsynced = await unsyncedReason(path, sync);
  if (unsynced !== null) {
    if (unsyncedNames) warnings.push(unsynced);
    else refusals.push(`${unsynced}; use another file system, or set unsyncedNames: true to accept this`);
  }
  if (((await stat(path)).mode & 0o007) !== 0)
    warnings.push(`${path} is open to every user of this machine: chmod 0700`);
  try {
    const { secondRefused } = await proveCanary(store, now);
    facts.push('gives back what it is given: a canary was written and read');
    if (secondRefused) facts.push('refuses a second file of one name');
    else
      refusals.push(
        'it let the canary be written a second time: nothing is archived to this store or deleted',
      );
  } catch (error) {
    refusals.push(errorMessage(error));
  }
  facts.push('keeps no versions and no locks: who may write to the directory can remove archives');
  return { refusals, warnings, facts };
}

async function unusableReason(path: string): Promise<string | null> {
  try {
    if (!(await stat(path)).isDirectory()) return `${path} is not a directory`;
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return `${path} does not exist: is the volume not mounted?`;
    return `${path} can't be used: ${errorMessage(error)}`;
  }
}

/** Null: the names of new files can be made durable here. */
async function unsyncedReason(path: string, sync: Sync): Promise<string | null> {
  try {
    await syncDirectory(path, sync);
    return null;
  } catch (error) {
    if (!cannotSyncNames(error)) throw error;
    return `the file system of ${path} cannot sync a directory (${systemCode(error)}), so a new archive may be missing after a power failure`;
  }
}

/** Null also where the system has no mount table to ask. */
async function fleetingReason(path: string): Promise<string | null> {
  let table: string;
  try {
    table = await readFile('/proc/self/mountinfo', 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
  const mount = mountOf(parseMountInfo(table), await realpath(path));
  return mount === null ? null : ephemeralReason(mount);
}
