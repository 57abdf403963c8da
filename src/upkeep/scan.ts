import type { AccountRef } from '../domain/account.ts';
import type { FolderProblem } from '../domain/folder-problem.ts';
import { type Folder, type FolderSize, holdsMail } from '../domain/folder.ts';
import type { Oddity } from '../domain/oddity.ts';
import type { QuotaRoot } from '../domain/quota.ts';
import { errorMessage, isError, type MothballError } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { Mail, MailReader, AccountSurvey, SurveyWish } from '../ports/mail.ts';
import type { FolderSample, QuotaSample } from '../ports/watch.ts';
import { notedThrottle } from '../work/account-pause.ts';
import type { AccountWork } from '../work/account-work.ts';
import { Connection } from '../work/connection.ts';
import { FolderIsolation } from '../work/isolate-folder.ts';
import { isCatchable } from '../work/isolate.ts';
import { surveyOf } from '../work/survey.ts';
import type { QuotaRound } from './listed-quotas.ts';

/** What an account holds and may hold. */
export interface AccountMeasure extends AccountRef {
  /** Null where the server has no QUOTA. */
  readonly roots: readonly QuotaRoot[] | null;
  readonly folders: readonly (FolderSize & { readonly path: string })[];
  /** Folders whose size is unknown. */
  readonly skipped: readonly FolderProblem[];
  /** What else the server did otherwise than it should. */
  readonly oddities: readonly Oddity[];
}

/** What reading an account needs. */
type Look = Pick<AccountWork, 'account' | 'connection' | 'folders'>;

/** Quota roots and folder sizes of one account; folders that only mirror others are left out. */
export async function measure({ account, connection, folders }: Look): Promise<AccountMeasure> {
  const { folders: all, roots, sizes } = await surveyOf(connection, await wishOf(folders));
  const { found, skipped } = await sizesOf(folders, all, sizes);
  const { server, account: name } = account;
  return { server, account: name, roots, folders: found, skipped, oddities: connection.oddities };
}

/** What one scan of an account found; `error` null: it could be read. */
export interface ScanResult extends AccountRef {
  readonly at: Date;
  /** Empty where the server has no QUOTA. */
  readonly roots: readonly QuotaSample[];
  /** Null: not asked for. */
  readonly folders: readonly FolderSample[] | null;
  /** Folders whose size is unknown. */
  readonly skipped: readonly FolderProblem[];
  readonly oddities: readonly Oddity[];
  readonly error: MothballError | null;
}

/** What a scan needs. */
export interface ScanParts {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly mail: Mail;
  /** Whether folders that were refused are left alone until their pause is over. */
  readonly waits: boolean;
  /** Where quotas are known without a login; folder sizes then stay as they were measured last. */
  readonly quotas?: QuotaRound | null;
  /** One that is open already, and stays so; missing: one is opened for the scan. */
  readonly connection?: Connection<MailReader>;
}

/**
 * Reads the quota roots of an account, with `folders` the size of each folder too (unless its quota is
 * listed), and records what it found, or why it found nothing. Reads only. @throws `database`.
 */
export async function scanAccount(
  parts: ScanParts,
  account: AccountRef,
  folders: boolean,
): Promise<ScanResult> {
  const { server, account: name } = account;
  const ref = { server, account: name };
  const result = await read(parts, ref, folders);
  const error = result.error === null ? null : errorMessage(result.error);
  await parts.catalog.addScan({ ...ref, at: result.at, error }, result.roots, result.folders);
  return result;
}

async function read(parts: ScanParts, ref: AccountRef, wanted: boolean): Promise<ScanResult> {
  const { mail, clock, catalog, waits } = parts;
  const nothing = { roots: [], folders: null, skipped: [], oddities: [] };
  try {
    const listed = (await parts.quotas?.of(ref)) ?? null;
    if (listed !== null) {
      const { at, roots } = listed;
      return { ...ref, ...nothing, at, roots: roots.map((root) => sampleOf(ref, root, at)), error: null };
    }
    await using opened = new Connection<MailReader>(() => mail.open(ref));
    const connection = parts.connection ?? opened;
    const own = { account: ref, catalog, clock, connection, remembers: true, waits };
    const isolation = wanted ? new FolderIsolation(own) : null;
    const { folders, roots, sizes } = await surveyOf(connection, await wishOf(isolation));
    const measures = isolation === null ? null : await sizesOf(isolation, folders, sizes);
    const at = clock.now();
    return {
      ...ref,
      at,
      roots: (roots ?? []).map((root) => sampleOf(ref, root, at)),
      folders: measures?.found.map((folder) => ({ ...ref, ...folder, at })) ?? null,
      skipped: measures?.skipped ?? [],
      oddities: connection.oddities,
      error: null,
    };
  } catch (failure) {
    const error = (await notedThrottle({ account: ref, catalog, clock }, failure)) ?? failure;
    if (!isCatchable(error) && !isError(error, 'throttled')) throw error;
    return { ...ref, at: clock.now(), ...nothing, error };
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

/** Null: no sizes. A folder that was refused before is asked for by itself. */
async function wishOf(isolation: FolderIsolation | null): Promise<SurveyWish> {
  if (isolation === null) return { sizes: () => false, roots: 'each namespace' };
  const suspects = await isolation.suspects();
  const sizes = suspects.size === 0 ? holdsMail : ({ path }: Folder) => !suspects.has(path);
  return { sizes, roots: 'each namespace' };
}

/** `known`: what the survey answered; the other folders are asked for one by one. */
async function sizesOf(
  isolation: FolderIsolation,
  folders: readonly Folder[],
  known: AccountSurvey['sizes'],
): Promise<{ readonly found: AccountMeasure['folders']; readonly skipped: readonly FolderProblem[] }> {
  const found: (FolderSize & { readonly path: string })[] = [];
  const skipped: FolderProblem[] = [];
  for (const { path } of folders.filter(holdsMail)) {
    const problem = await isolation.visit(path, async (session) => {
      found.push({ path, ...(known.get(path) ?? (await session.size(path))) });
    });
    if (problem !== null) skipped.push(problem);
  }
  return { found, skipped };
}
