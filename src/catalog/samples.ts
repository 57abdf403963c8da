import { sql } from 'kysely';
import { bytes, type Bytes } from '../domain/brands.ts';
import { dayMs } from '../domain/dates.ts';
import type { QuotaSample, WatchRecords } from '../ports/watch.ts';
import { date, type Db, decodeRows } from './rows.ts';
import type { SampleTable } from './schema-watch.ts';

type Samples = 'addScan' | 'samples' | 'newestSamples' | 'folderSamples' | 'scans' | 'thinSamples';

const hourMs = 3_600_000;

/** How full accounts and folders were, and when. */
export function sampleRecords(db: Db): Pick<WatchRecords, Samples> {
  return {
    async addScan({ server, account, at, error }, roots, folders) {
      const time = at.getTime();
      await db.transaction().execute(async (trx) => {
        await trx.replaceInto('scans').values({ server, account, at: time, error }).execute();
        for (const root of roots) await trx.replaceInto('samples').values(encode(root)).execute();
        if (folders === null) return;
        await trx
          .deleteFrom('folder_samples')
          .where('server', '=', server)
          .where('account', '=', account)
          .execute();
        for (const folder of folders)
          await trx
            .insertInto('folder_samples')
            .values({ ...folder, at: folder.at.getTime() })
            .execute();
      });
    },

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
      // A root that the newest scan no longer found is gone.
      const { rows } = await sql<SampleTable>`
        SELECT samples.* FROM samples JOIN (
          SELECT server, account, max(at) AS at FROM samples GROUP BY server, account
        ) AS newest USING (server, account, at) ORDER BY server, account, root`.execute(db);
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

    thinSamples: (now) => thinSamples(db, now),
  };
}

async function thinSamples(db: Db, now: Date): Promise<void> {
  const at = now.getTime();
  await db.transaction().execute(async (trx) => {
    const thin = async (from: number, to: number, step: number): Promise<void> => {
      await sql`DELETE FROM samples WHERE at >= ${from} AND at < ${to} AND EXISTS (
        SELECT 1 FROM samples AS later WHERE later.server = samples.server
        AND later.account = samples.account AND later.root = samples.root
        AND later.at > samples.at AND later.at < ${to}
        AND later.at - later.at % ${step} = samples.at - samples.at % ${step})`.execute(trx);
    };
    await trx
      .deleteFrom('samples')
      .where('at', '<', at - 730 * dayMs)
      .execute();
    await thin(at - 30 * dayMs, at - 2 * dayMs, hourMs);
    await thin(0, at - 30 * dayMs, dayMs);
  });
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
