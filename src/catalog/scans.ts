import { type AccountRef, accountKey } from '../domain/account.ts';
import { isError } from '../errors.ts';
import type { FolderSample, QuotaSample, ScanRecord, WatchRecords } from '../ports/watch.ts';
import type { CatalogDb, Db } from './rows.ts';
import type { SampleTable } from './schema-watch.ts';
import { words } from './words-of.ts';

/** Scans that one transaction records, and rows that one statement inserts. */
const mostTogether = 64;
const rowsAtOnce = 500;

/** What a scan of one account found. */
interface Found {
  readonly scan: ScanRecord;
  readonly roots: readonly QuotaSample[];
  readonly folders: readonly FolderSample[] | null;
}

interface Waiting extends Found {
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Records scans. Those that end while others are being recorded are recorded together: a transaction for
 * each of ten thousand accounts costs more than all that is in them.
 */
export function scanRecorder(db: CatalogDb): WatchRecords['addScan'] {
  let waiting: Waiting[] = [];
  let recording = false;
  const record = async (some: readonly Waiting[]): Promise<void> => {
    try {
      await db.write((trx) => addScans(trx, some));
      for (const { done } of some) done();
    } catch (error) {
      // What can't be recorded of one account costs the others nothing; of a database that is away, all.
      const alone = some.length > 1 && !(isError(error) && error.retryable);
      if (alone) for (const one of some) await record([one]);
      else for (const { failed } of some) failed(error);
    }
  };
  const recordAll = async (): Promise<void> => {
    recording = true;
    while (waiting.length > 0) {
      const some = new Map<string, Waiting>();
      const later: Waiting[] = [];
      // Two scans of one account are recorded one after the other.
      for (const one of waiting) {
        const key = accountKey(one.scan);
        if (some.size < mostTogether && !some.has(key)) some.set(key, one);
        else later.push(one);
      }
      waiting = later;
      await record([...some.values()]);
    }
    recording = false;
  };
  return (scan, roots, folders) =>
    new Promise((done, failed) => {
      waiting.push({ scan, roots, folders, done, failed });
      if (!recording) void recordAll();
    });
}

async function addScans(trx: Db, found: readonly Found[]): Promise<void> {
  await trx
    .insertInto('scans')
    .values(
      found.map(({ scan: { server, account, at, error } }) => ({ server, account, at: at.getTime(), error })),
    )
    .onConflict((conflict) =>
      conflict.columns(['server', 'account']).doUpdateSet((row) => ({
        at: row.ref('excluded.at'),
        error: row.ref('excluded.error'),
      })),
    )
    .execute();
  // A root that is named twice is one.
  const samples = new Map(
    found.flatMap(({ roots }) => roots.map(encode)).map((row) => [sampleKey(row), row]),
  );
  for (const rows of parts([...samples.values()]))
    await trx
      .insertInto('samples')
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(['server', 'account', 'root', 'at']).doUpdateSet((row) => ({
          used_bytes: row.ref('excluded.used_bytes'),
          limit_bytes: row.ref('excluded.limit_bytes'),
          used_messages: row.ref('excluded.used_messages'),
          limit_messages: row.ref('excluded.limit_messages'),
        })),
      )
      .execute();
  await replaceNewest(trx, [...samples.values()]);
  await replaceFolders(trx, found);
}

function sampleKey({ server, account, root, at }: SampleTable): string {
  return JSON.stringify([server, account, root, at]);
}

/** A root that the newest scan no longer found is gone. */
async function replaceNewest(trx: Db, samples: readonly SampleTable[]): Promise<void> {
  const byAccount = Map.groupBy(samples, accountKey);
  const newest = [...byAccount.values()].map((rows) => {
    const at = rows.reduce((latest, row) => Math.max(latest, row.at), 0);
    return rows.filter((row) => row.at === at);
  });
  if (newest.length === 0) return;
  const known = await trx
    .selectFrom('newest_samples')
    .select(['server', 'account', 'at'])
    .where(
      words(trx).accountIn(
        ['server', 'account'],
        newest.flatMap((rows) => rows.slice(0, 1)),
      ),
    )
    .execute();
  const later = new Map(known.map((row) => [accountKey(row), row.at]));
  const rows = newest.flat().filter((row) => (later.get(accountKey(row)) ?? 0) <= row.at);
  if (rows.length === 0) return;
  await trx
    .deleteFrom('newest_samples')
    .where(words(trx).accountIn(['server', 'account'], rows))
    .execute();
  for (const some of parts(rows)) await trx.insertInto('newest_samples').values(some).execute();
}

async function replaceFolders(trx: Db, found: readonly Found[]): Promise<void> {
  const measured: AccountRef[] = found.filter(({ folders }) => folders !== null).map(({ scan }) => scan);
  if (measured.length === 0) return;
  await trx
    .deleteFrom('folder_samples')
    .where(words(trx).accountIn(['server', 'account'], measured))
    .execute();
  // A folder that is named twice is one.
  const folders = new Map(
    found
      .flatMap((one) => one.folders ?? [])
      .map(({ server, account, path, at, messages, bytes }) => [
        JSON.stringify([server, account, path]),
        { server, account, path, at: at.getTime(), messages, bytes },
      ]),
  );
  for (const some of parts([...folders.values()]))
    await trx.insertInto('folder_samples').values(some).execute();
}

function parts<T>(rows: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(rows.length / rowsAtOnce) }, (_, index) =>
    rows.slice(index * rowsAtOnce, (index + 1) * rowsAtOnce),
  );
}

function encode(sample: QuotaSample): SampleTable {
  const { server, account, root, at } = sample;
  return {
    server,
    account,
    root,
    at: at.getTime(),
    used_bytes: sample.usedBytes,
    limit_bytes: sample.limitBytes,
    used_messages: sample.usedMessages,
    limit_messages: sample.limitMessages,
  };
}
