import { sql } from 'kysely';
import { passingCodes } from '../domain/run-result.ts';
import type { KnownSchedule, RunLine, WatchRecords } from '../ports/watch.ts';
import { type CatalogDb, date, type Db, decodeRows } from './rows.ts';
import { words } from './words-of.ts';

type Watch = Exclude<
  keyof WatchRecords,
  | 'prune'
  | 'accountsWithIntents'
  | 'addScan'
  | 'samples'
  | 'newestSamples'
  | 'folderSamples'
  | 'scans'
  | 'thinSamples'
>;

/** A daemon that has been silent for this long is forgotten, in milliseconds. */
const forgottenAfterMs = 60 * 60 * 1000;

/** Not ended by a fault that may pass: such a run is still due. */
function endedForGood(db: Db) {
  return sql<boolean>`(result NOT IN ('failed', 'partial') OR NOT ${words(db).hasError('report', passingCodes)})`;
}

/** Schedules, the kill switch, what runs log, and who is at work. */
export function watchRecords(db: CatalogDb): Pick<WatchRecords, Watch> {
  return {
    ...pauseRecords(db),
    ...scheduleRecords(db),
    ...runLines(db),

    async heartbeat({ id, host, pid, started, seen, state }) {
      const row = { host, pid, started: started.getTime(), seen: seen.getTime(), state };
      await db.write(async (trx) => {
        await trx
          .insertInto('daemons')
          .values({ id, ...row })
          .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
          .execute();
        await trx
          .deleteFrom('daemons')
          .where('seen', '<', seen.getTime() - forgottenAfterMs)
          .execute();
      });
    },

    async daemonGone(id) {
      await db.write(async (trx) => {
        await trx.deleteFrom('daemons').where('id', '=', id).execute();
      });
    },

    async daemons() {
      const rows = await db.selectFrom('daemons').selectAll().orderBy('started').execute();
      return await decodeRows(rows, (row) => ({ ...row, started: date(row.started), seen: date(row.seen) }));
    },

    databaseBytes: () => words(db).sizeOf(db),
  };
}

function pauseRecords(db: CatalogDb): Pick<WatchRecords, 'paused' | 'pause' | 'resume'> {
  const read = async (from: Db): ReturnType<WatchRecords['paused']> => {
    const row = await from.selectFrom('pause').selectAll().executeTakeFirst();
    return row === undefined ? null : { since: date(row.since), who: row.who, reason: row.reason };
  };
  return {
    paused: async () => read(db),

    async pause({ since, who, reason }) {
      await db.write(async (trx) => {
        await trx
          .insertInto('pause')
          .values({ only: 1, since: since.getTime(), who, reason })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      });
    },

    async resume() {
      return await db.write(async (trx) => {
        const was = await read(trx);
        await trx.deleteFrom('pause').execute();
        return was;
      });
    },
  };
}

function scheduleRecords(
  db: CatalogDb,
): Pick<WatchRecords, 'knowSchedules' | 'lastDone' | 'setDone' | 'lastRuns'> {
  const known = async (from: Db, wanted: readonly KnownSchedule[]): Promise<ReadonlyMap<string, Date>> => {
    const rows = await from.selectFrom('schedules').selectAll().execute();
    const same = rows.filter((row) =>
      wanted.some(
        ({ name, expression, timezone }) =>
          name === row.name && expression === row.expression && timezone === row.timezone,
      ),
    );
    return new Map(same.map((row) => [row.name, date(row.since)]));
  };
  return {
    async knowSchedules(schedules, now) {
      return await db.write(async (trx) => {
        const there = await known(trx, schedules);
        const names = [...there.keys()];
        await trx
          .deleteFrom('schedules')
          .$if(names.length > 0, (query) => query.where('name', 'not in', names))
          .execute();
        const since = now.getTime();
        for (const { name, expression, timezone } of schedules) {
          if (there.has(name)) continue;
          await trx.insertInto('schedules').values({ name, expression, timezone, since }).execute();
        }
        return new Map(schedules.map(({ name }) => [name, there.get(name) ?? now]));
      });
    },

    async lastDone(job) {
      const row = await db.selectFrom('done').select('at').where('job', '=', job).executeTakeFirst();
      return row === undefined ? null : date(row.at);
    },

    async setDone(job, at) {
      const time = at.getTime();
      await db.write(async (trx) => {
        await trx
          .insertInto('done')
          .values({ job, at: time })
          .onConflict((conflict) => conflict.column('job').doUpdateSet({ at: time }))
          .execute();
      });
    },

    async lastRuns({ server, account }) {
      const rows = await db
        .selectFrom('runs')
        .select(['policy', (column) => column.fn.max('started').as('started')])
        .where('server', '=', server)
        .where('account', '=', account)
        .where('result', 'is not', null)
        .where('result', '<>', 'interrupted')
        .where(endedForGood(db))
        .groupBy('policy')
        .execute();
      return new Map(rows.map((row) => [row.policy, date(row.started)]));
    },
  };
}

function runLines(db: CatalogDb): Pick<WatchRecords, 'addRunLines' | 'runLines' | 'pruneRuns'> {
  return {
    async addRunLines(run, { server, account }, lines) {
      if (lines.length === 0) return;
      await db.write(async (trx) => {
        for (const [n, { at, level, text }] of lines.entries()) {
          const row = { run, server, account, n, at: at.getTime(), level, text };
          await trx.insertInto('run_lines').values(row).execute();
        }
      });
    },

    async runLines(run, { server, account }) {
      const rows = await db
        .selectFrom('run_lines')
        .select(['at', 'level', 'text'])
        .where('run', '=', run)
        .where('server', '=', server)
        .where('account', '=', account)
        .orderBy('n')
        .execute();
      return await decodeRows(rows, (row): RunLine => ({ ...row, at: date(row.at) }));
    },

    async pruneRuns(before) {
      const limit = before.getTime();
      await db.write(async (trx) => {
        await sql`DELETE FROM runs WHERE finished < ${limit} AND EXISTS (
          SELECT 1 FROM runs AS later WHERE later.server = runs.server AND later.account = runs.account
          AND later.policy = runs.policy AND later.started > runs.started AND later.finished IS NOT NULL
          AND later.result <> 'interrupted')`.execute(trx);
        await trx.deleteFrom('run_lines').where('at', '<', limit).execute();
      });
    },
  };
}
