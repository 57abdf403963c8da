import { sql } from 'kysely';
import { z } from 'zod';
import type { RunResult } from '../domain/run-result.ts';
import type { HistoryRecords } from '../ports/history.ts';
import { archiveStates } from './archive-rows.ts';
import { storeFigures } from './store-figures.ts';
import {
  type CatalogDb,
  date,
  type Db,
  decodeRows,
  impossible,
  oneOf,
  runResultOf,
  stringList,
} from './rows.ts';

const totals = z.object({ messages: z.int().min(0), bytes: z.int().min(0) });
/** What of a run's report is kept when the run itself is forgotten. */
const reportShape = z.object({
  archived: totals,
  deleted: totals,
  errors: z.array(z.unknown()),
  limits: z.array(z.object({ limit: z.string() })),
});

export type KeptReport = z.infer<typeof reportShape>;

/** @throws `database` when the text is no report of a run. */
export function keptReport(policy: string, report: string): KeptReport {
  const parsed = reportShape.safeParse(JSON.parse(report));
  if (!parsed.success) throw impossible(`was given an invalid report of ${policy}`, parsed.error);
  return parsed.data;
}

type Figures = 'pendingByPolicy' | 'archiveCounts' | 'storeFigures' | 'quarantinedByServer' | 'eventTotals';

/** What metrics come back from. */
export function historyRecords(db: CatalogDb): HistoryRecords {
  return { ...runHistory(db), ...figures(db) };
}

function runHistory(db: CatalogDb): Omit<HistoryRecords, Figures> {
  return {
    async knowPolicies(names, now) {
      await db.write(async (trx) => {
        for (const name of names) {
          await trx
            .insertInto('known_policies')
            .values({ name, since: now.getTime() })
            .onConflict((conflict) => conflict.doNothing())
            .execute();
        }
      });
      return await knownPolicies(db);
    },

    knownPolicies: () => knownPolicies(db),

    async runOutcomes() {
      const rows = await db.selectFrom('run_outcomes').selectAll().execute();
      return await decodeRows(rows, (row) => ({
        ...row,
        failed: row.failed === 1,
        limits: stringList(row.limits),
        succeeded: row.succeeded === null ? null : date(row.succeeded),
      }));
    },

    async runTotals() {
      const rows = await db.selectFrom('run_totals').selectAll().execute();
      return await decodeRows(rows, ({ policy, result, runs, ...row }) => ({
        policy,
        result: runResultOf(result),
        runs,
        archived: { messages: row.archived_messages, bytes: row.archived_bytes },
        deleted: { messages: row.deleted_messages, bytes: row.deleted_bytes },
      }));
    },

    async verificationTotals() {
      const rows = await db.selectFrom('verification_totals').selectAll().execute();
      const stores = new Map<string, { ok: number; failed: number }>();
      for (const { store, result, archives } of rows)
        stores.set(store, { ...(stores.get(store) ?? { ok: 0, failed: 0 }), [result]: archives });
      return [...stores].map(([store, counts]) => ({ store, ...counts }));
    },
  };
}

function figures(db: Db): Pick<HistoryRecords, Figures> {
  return {
    async pendingByPolicy() {
      const { rows } = await sql<{ policy: string; messages: number }>`
        SELECT archives.policy AS policy, count(*) AS messages
        FROM lines JOIN archives ON archives.n = lines.archive_n
        WHERE lines.state IN (1, 2) GROUP BY archives.policy`.execute(db);
      return new Map(rows.map(({ policy, messages }) => [policy, messages]));
    },

    async archiveCounts() {
      const rows = await db
        .selectFrom('archives')
        .select(['store', 'state'])
        .select(({ fn }) => [
          fn.countAll<number>().as('archives'),
          fn.sum<number>('stored_bytes').as('bytes'),
        ])
        .groupBy(['store', 'state'])
        .execute();
      return await decodeRows(rows, (row) => ({ ...row, state: oneOf(archiveStates, row.state) }));
    },

    storeFigures: (since) => storeFigures(db, since),

    async quarantinedByServer() {
      const rows = await db
        .selectFrom('quarantine')
        .innerJoin('folders', 'folders.id', 'quarantine.folder_id')
        .select('folders.server')
        .select(({ fn }) => fn.countAll<number>().as('messages'))
        .groupBy('folders.server')
        .execute();
      return new Map(rows.map(({ server, messages }) => [server, messages]));
    },

    async eventTotals() {
      const rows = await db.selectFrom('totals').selectAll().execute();
      const restored = rows.find(({ what }) => what === 'restored')?.times ?? 0;
      const expired = rows.filter(({ what }) => what === 'expired');
      return { restored, expired: new Map(expired.map(({ place, times }) => [place, times])) };
    },
  };
}

async function knownPolicies(db: Db): Promise<ReadonlyMap<string, Date>> {
  const rows = await db.selectFrom('known_policies').selectAll().execute();
  return new Map(await decodeRows(rows, ({ name, since }) => [name, date(since)] as const));
}

/** Adds a finished run to what is kept, in the transaction that records its end. */
export async function keepRun(
  trx: Db,
  run: {
    readonly policy: string;
    readonly server: string;
    readonly account: string;
    readonly finished: Date;
    readonly result: RunResult;
    readonly report: KeptReport;
  },
): Promise<void> {
  const { policy, server, account, result } = run;
  const { archived, deleted, errors, limits } = run.report;
  await sql`
    INSERT INTO run_totals VALUES (${policy}, ${result}, 1,
      ${archived.messages}, ${archived.bytes}, ${deleted.messages}, ${deleted.bytes})
    ON CONFLICT (policy, result) DO UPDATE SET runs = run_totals.runs + 1,
      archived_messages = run_totals.archived_messages + excluded.archived_messages,
      archived_bytes = run_totals.archived_bytes + excluded.archived_bytes,
      deleted_messages = run_totals.deleted_messages + excluded.deleted_messages,
      deleted_bytes = run_totals.deleted_bytes + excluded.deleted_bytes`.execute(trx);
  if (result === 'interrupted') return;
  const failed = errors.length > 0 ? 1 : 0;
  const stopped = JSON.stringify([...new Set(limits.map(({ limit }) => limit))]);
  const succeeded = failed === 1 || limits.length > 0 ? null : run.finished.getTime();
  await sql`
    INSERT INTO run_outcomes VALUES (${policy}, ${server}, ${account}, ${failed}, ${stopped}, ${succeeded})
    ON CONFLICT (policy, server, account) DO UPDATE SET failed = excluded.failed, limits = excluded.limits,
      succeeded = coalesce(excluded.succeeded, run_outcomes.succeeded)`.execute(trx);
}

/** Counts what happened; `place` is the store of an archive, else empty. */
export async function countEvent(
  trx: Db,
  what: 'restored' | 'expired',
  place: string,
  times: number,
): Promise<void> {
  await sql`
    INSERT INTO totals VALUES (${what}, ${place}, ${times})
    ON CONFLICT (what, place) DO UPDATE SET times = totals.times + excluded.times`.execute(trx);
}

/** Counts an archive that was read back and compared. */
export async function countVerification(trx: Db, store: string, result: 'ok' | 'failed'): Promise<void> {
  await sql`
    INSERT INTO verification_totals VALUES (${store}, ${result}, 1)
    ON CONFLICT (store, result) DO UPDATE SET archives = verification_totals.archives + 1`.execute(trx);
}
