import type { Selectable } from 'kysely';
import type { Catalog } from '../ports/catalog.ts';
import type { RunRecord } from '../ports/records.ts';
import { keepDay } from './days.ts';
import { keepRun, keptReport } from './history.ts';
import { type CatalogDb, date, decodeRows, impossible, runResultOf } from './rows.ts';
import type { RunTable } from './schema.ts';

/** What was run, and what people looked at. */
export function runRecords(db: CatalogDb): Pick<Catalog, 'startRun' | 'finishRun' | 'runs' | 'addAudit'> {
  return {
    async startRun(run) {
      const started = run.started.getTime();
      const finished = run.finished?.getTime() ?? null;
      await db.write(async (trx) => {
        const { id, server, account, policy, result, report } = run;
        await trx
          .insertInto('runs')
          .values({ id, server, account, policy, started, finished, result, report })
          .execute();
      });
    },

    async finishRun(id, finished, result, report) {
      const known = await db.selectFrom('runs').select('policy').where('id', '=', id).executeTakeFirst();
      const kept = keptReport(known?.policy ?? id, report);
      await db.write(async (trx) => {
        const run = await trx
          .updateTable('runs')
          .set({
            finished: finished.getTime(),
            result,
            report,
            acted: kept.archived.messages + kept.deleted.messages > 0 ? 1 : 0,
          })
          .where('id', '=', id)
          .returning(['policy', 'server', 'account'])
          .executeTakeFirst();
        if (run === undefined) throw impossible(`has no run ${id} to finish`);
        await keepRun(trx, { ...run, finished, result, report: kept });
        await keepDay(trx, { policy: run.policy, finished, report: kept });
      });
    },

    async runs(limit) {
      const rows = await db
        .selectFrom('runs')
        .selectAll()
        .orderBy('started', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return await decodeRows(rows, decodeRun);
    },

    async addAudit(entry) {
      const at = entry.at.getTime();
      await db.write(async (trx) => {
        const { who, action, account, detail } = entry;
        await trx.insertInto('audit').values({ at, who, action, account, detail }).execute();
      });
    },
  };
}

export function decodeRun({ acted: _acted, ...row }: Selectable<RunTable>): RunRecord {
  return {
    ...row,
    started: date(row.started),
    finished: row.finished === null ? null : date(row.finished),
    result: row.result === null ? null : runResultOf(row.result),
  };
}
