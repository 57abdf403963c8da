import { accountKey, type AccountRef, sameAccount } from '../domain/account.ts';
import type { FolderMap } from '../domain/folder-map.ts';
import { allMailOf } from '../domain/folder.ts';
import { isImported } from '../domain/imported.ts';
import { serverPath } from '../domain/server-path.ts';
import { isError } from '../errors.ts';
import type { MailSession } from '../ports/mail.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import { readManifest } from '../read/open-archive.ts';
import type { Wanted } from '../read/wanted.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { type FolderOrigin, type FolderPlace, placesOf } from './target-folder.ts';

/** A folder of the archive, and the one on the server that its mail went to. */
export interface MovedFolder extends AccountRef {
  readonly folder: string;
  readonly to: string;
}

/** Manifests that are tried of one folder until one can be read. */
const tries = 3;

/**
 * Finds where the mail of each archive goes. All archived folders of the accounts are named at once, so
 * that the same folder gets the same name each time, however much of it is wanted.
 */
export async function placesFor(
  work: LockedWork,
  wanted: readonly Wanted[],
  target: string | null,
  maps: readonly FolderMap[],
): Promise<(record: ArchiveRecord) => FolderPlace> {
  const session = await work.connection.session();
  const folders = await session.folders();
  if (target !== null) {
    const path = serverPath(folders, target);
    return () => ({ path, otherPaths: [], role: null });
  }
  const accounts = new Map(wanted.map(({ record }) => [accountKey(record), record]));
  const all = await work.catalog.archives({ accounts: [...accounts.values()] });
  const byKey = Map.groupBy([...all, ...wanted.map(({ record }) => record)], (record) => keyOf(record));
  const needed = new Set(wanted.map(({ record }) => keyOf(record)));
  const there = new Set(folders.map(({ path }) => path));
  const origins: (FolderOrigin & { readonly account: string })[] = [];
  for (const [key, records] of byKey) {
    const newest = records.at(-1);
    if (newest === undefined) continue;
    const own = sameAccount(newest, work.account);
    const imported = isImported(newest);
    const stays = own && there.has(newest.folder) && maps.length === 0;
    const roles = imported || stays || !needed.has(key) ? [] : await rolesOf(work, records.toReversed());
    const spelling = records.findLast((record) => record.spelling !== null)?.spelling;
    const account = accountKey(newest);
    origins.push({ key, account, path: newest.folder, imported, own, roles, ...spelling });
  }
  const guessed = guessedDelimiters(origins);
  const spelled = origins.map((origin) => {
    const delimiter = origin.delimiter === undefined ? guessed.get(origin.account) : origin.delimiter;
    return { ...origin, delimiter };
  });
  const allMail = session.capabilities.gmail ? (allMailOf(folders)?.path ?? null) : null;
  const places = placesOf(folders, spelled, maps, allMail);
  return (record) => places.get(keyOf(record)) ?? { path: record.folder, otherPaths: [], role: null };
}

/** Manifests of older versions do not say it: a slash in any name of an account most likely is one. */
function guessedDelimiters(
  origins: readonly { readonly account: string; readonly path: string }[],
): ReadonlyMap<string, string> {
  const accounts = Map.groupBy(origins, ({ account }) => account);
  return new Map(
    [...accounts].flatMap(([account, own]) =>
      own.some(({ path }) => path.includes('/')) && !own.some(({ path }) => /^inbox\./i.test(path))
        ? [[account, '/'] as const]
        : [],
    ),
  );
}

function keyOf(record: ArchiveRecord): string {
  return JSON.stringify([accountKey(record), record.folder, isImported(record)]);
}

/** The uses that the newest manifest names; none where no manifest can be read: its messages can't be either. */
async function rolesOf(work: LockedWork, records: readonly ArchiveRecord[]): Promise<readonly string[]> {
  for (const record of records.filter(({ state }) => state !== 'expired').slice(0, tries)) {
    try {
      const store = work.gate.find(record.store);
      return (await readManifest(store, record, work.gate.decryption)).head.roles;
    } catch (error) {
      if (!isError(error)) throw error;
    }
  }
  return [];
}

/** Makes the folder where it is missing, under the first name that the server takes. Returns its path. */
export async function makeFolder(session: MailSession, place: FolderPlace): Promise<string> {
  const folders = await session.folders();
  const known = (path: string): boolean => folders.some((one) => one.path === path && one.selectable);
  let refusal: unknown = null;
  for (const path of [place.path, ...place.otherPaths]) {
    if (known(path)) return path;
    try {
      await session.createFolder(path, place.role);
      return path;
    } catch (error) {
      if (!isError(error, 'protocol')) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

/** What people should know of where mail went. */
export function movedFolders(
  target: AccountRef,
  parts: readonly Wanted[],
  to: string,
): readonly MovedFolder[] {
  const moved = new Map<string, MovedFolder>();
  for (const { record } of parts) {
    const { server, account, folder } = record;
    if (sameAccount(record, target) && folder === to) continue;
    moved.set(keyOf(record), { server, account, folder, to });
  }
  return [...moved.values()];
}
