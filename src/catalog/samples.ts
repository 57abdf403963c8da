import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import type { AccountRef } from '../domain/account.ts';
import { bytes, type Bytes } from '../domain/brands.ts';
import { dayMs } from '../domain/dates.ts';
import type { QuotaSample, WatchRecords } from '../ports/watch.ts';
import { type CatalogDb, date, type Db, decodeRows } from './rows.ts';
import { scanRecorder } from './scans.ts';
import type { SampleTable } from './schema-watch.ts';

type Samples = 'addScan' | 'samples' | 'newestSamples' | 'folderSamples' | 'scans' | 'thinSamples';

const hourMs = 3_600_000;

/** How full accounts and folders were, and when. */
export function sampleRecords(db: CatalogDb): Pick<WatchRecords, Samples> {
  return { ...sampleChanges(db), ...sampleLooks(db) };
}

function sampleChanges(db: CatalogDb): Pick<WatchRecords, 'addScan' | 'thinSamples'> {
  return {
    addScan: scanRecorder(db),
    thinSamples: (now) => thinSamples(db, now),
  };
}

function sampleLooks(db: Db): Pick<WatchRecords, Exclude<Samples, 'addScan' | 'thinSamples'>> {
  return {
    async samples({ server, account }, since) {
      const rows = await db
        .selectFrom('samples')
        .selectAll()
        .where('server', '=', server)
        .where('account', '=', account)
        .where('at', '>=', since.getTime())
        .orderBy('at')
        .execute();
      return await decodeRows(rows, decode);
    },

    async newestSamples() {
      const rows = await db
        .selectFrom('newest_samples')
        .selectAll()
        .orderBy('server')
        .orderBy('account')
        .orderBy('root')
        .execute();
      return await decodeRows(rows, decode);
    },

    async folderSamples({ server, account }) {
      const rows = await db
        .selectFrom('folder_samples')
        .selectAll()
        .where('server', '=', server)
        .where('account', '=', account)
        .orderBy('path')
        .execute();
      return await decodeRows(rows, (row) => ({ ...row, at: date(row.at), bytes: bytes(row.bytes) }));
    },

    async scans() {
      const rows = await db.selectFrom('scans').selectAll().orderBy('server').orderBy('account').execute();
      return await decodeRows(rows, (row) => ({ ...row, at: date(row.at) }));
    },
  };
}

/** Accounts whose samples one transaction thins out. */
const thinnedAtOnce = 10;

/** Account by account, so that years of thousands of them do not hold up the process. */
async function thinSamples(db: CatalogDb, now: Date): Promise<void> {
  const { rows } = await sql<AccountRef>`SELECT DISTINCT server, account FROM newest_samples`.execute(db);
  for (let first = 0; first < rows.length; first += thinnedAtOnce) {
    await thinAccounts(db, rows.slice(first, first + thinnedAtOnce), now.getTime());
    await setImmediate();
  }
}

async function thinAccounts(db: CatalogDb, accounts: readonly AccountRef[], at: number): Promise<void> {
  await db.write(async (trx) => {
    for (const { server, account } of accounts) {
      const thin = async (from: number, to: number, step: number): Promise<void> => {
        await sql`DELETE FROM samples WHERE server = ${server} AND account = ${account}
          AND at >= ${from} AND at < ${to} AND (root, at) NOT IN (
            SELECT root, max(at) FROM samples WHERE server = ${server} AND account = ${account}
            AND at >= ${from} AND at < ${to} GROUP BY root, at - at % ${step})`.execute(trx);
      };
      await trx
        .deleteFrom('samples')
        .where('server', '=', server)
        .where('account', '=', account)
        .where('at', '<', at - 730 * dayMs)
        .execute();
      await thin(at - 30 * dayMs, at - 2 * dayMs, hourMs);
      await thin(0, at - 30 * dayMs, dayMs);
    }
  });
}

function decode(row: SampleTable): QuotaSample {
  const { server, account, root } = row;
  const sizeOf = (value: number | null): Bytes | null => (value === null ? null : bytes(value));
  return {
    server,
    account,
    root,
    at: date(row.at),
    usedBytes: sizeOf(row.used_bytes),
    limitBytes: sizeOf(row.limit_bytes),
    usedMessages: row.used_messages,
    limitMessages: row.limit_messages,
  };
}
