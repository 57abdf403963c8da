import type { AccountRef } from '../domain/account.ts';
import type { FolderSize } from '../domain/folder.ts';
import type { QuotaRoot } from '../domain/quota.ts';
import { errorMessage, isError, type MothballError } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { Mail, MailSession } from '../ports/mail.ts';
import type { FolderSample, QuotaSample } from '../ports/watch.ts';

/** What an account holds and may hold. */
export interface AccountMeasure extends AccountRef {
  /** Null where the server has no QUOTA. */
  readonly roots: readonly QuotaRoot[] | null;
  readonly folders: readonly (FolderSize & { readonly path: string })[];
}

/** Quota roots and folder sizes of one account; folders that only mirror others are left out. */
export async function measure(account: AccountRef, session: MailSession): Promise<AccountMeasure> {
  const paths = await measured(session);
  const roots = await session.quota(paths);
  return { ...account, roots, folders: await sizes(session, paths) };
}

/** What one scan of an account found; `error` null: it could be read. */
export interface ScanResult extends AccountRef {
  readonly at: Date;
  /** Empty where the server has no QUOTA. */
  readonly roots: readonly QuotaSample[];
  /** Null: not asked for. */
  readonly folders: readonly FolderSample[] | null;
  readonly error: MothballError | null;
}

/**
 * Reads the quota roots of an account, with `folders` the size of each folder too, and records what
 * it found, or why it found nothing. Reads only. @throws `database`.
 */
export async function scanAccount(
  { catalog, clock, mail }: { readonly catalog: Catalog; readonly clock: Clock; readonly mail: Mail },
  account: AccountRef,
  folders: boolean,
): Promise<ScanResult> {
  const { server, account: name } = account;
  const ref = { server, account: name };
  const result = await read(mail, ref, folders, clock);
  const error = result.error === null ? null : errorMessage(result.error);
  await catalog.addScan({ ...ref, at: result.at, error }, result.roots, result.folders);
  return result;
}

async function read(mail: Mail, ref: AccountRef, folders: boolean, clock: Clock): Promise<ScanResult> {
  try {
    await using session = await mail.open(ref);
    const paths = await measured(session);
    const roots = (await session.quota(paths)) ?? [];
    const found = folders ? await sizes(session, paths) : null;
    const at = clock.now();
    return {
      ...ref,
      at,
      roots: roots.map((root) => sampleOf(ref, root, at)),
      folders: found?.map((folder) => ({ ...ref, ...folder, at })) ?? null,
      error: null,
    };
  } catch (error) {
    if (!isError(error)) throw error;
    return { ...ref, at: clock.now(), roots: [], folders: null, error };
  }
}

/** One reading of a quota root, as it is kept. */
export function sampleOf(ref: AccountRef, { name, storage, message }: QuotaRoot, at: Date): QuotaSample {
  return {
    ...ref,
    root: name,
    at,
    usedBytes: storage?.used ?? null,
    limitBytes: storage?.limit ?? null,
    usedMessages: message?.used ?? null,
    limitMessages: message?.limit ?? null,
  };
}

async function measured(session: MailSession): Promise<readonly string[]> {
  return (await session.folders())
    .filter((folder) => folder.selectable && !folder.mirror)
    .map((folder) => folder.path);
}

async function sizes(session: MailSession, paths: readonly string[]): Promise<AccountMeasure['folders']> {
  const found = [];
  for (const path of paths) found.push({ path, ...(await session.size(path)) });
  return found;
}
