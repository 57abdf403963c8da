import { type Selectable, sql } from 'kysely';
import type { AccountRef } from '../domain/account.ts';
import type { AuditFilter, BrowseRecords, RunFilter } from '../ports/browse.ts';
import type { RunRecord } from '../ports/records.ts';
import { policySummaries } from './policy-summaries.ts';
import { date, type Db, decodeRows } from './rows.ts';
import { decodeRun } from './runs.ts';
import type { RunTable } from './schema.ts';
import { words } from './words-of.ts';

type RunPages =
  | 'runPage'
  | 'run'
  | 'runBriefs'
  | 'runsBeginning'
  | 'latestRuns'
  | 'latestTroubles'
  | 'policySummaries'
  | 'auditPage';

/** Runs and the audit, page by page. */
export function runPages(db: Db): Pick<BrowseRecords, RunPages> {
  return {
    async runPage(filter, { limit, offset }) {
      const all = runs(db, filter).select(sql<number>`count(*)`.as('total'));
      const { total } = await all.executeTakeFirstOrThrow();
      const rows = await runs(db, filter)
        .selectAll()
        .orderBy('started', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .offset(offset)
        .execute();
      return { rows: await decodeRows(rows, decodeRun), total };
    },

    async run(id) {
      const rows = await db.selectFrom('runs').selectAll().where('id', '=', id).execute();
      return (await decodeRows(rows, decodeRun))[0] ?? null;
    },

    async runsBeginning(start, limit, accounts) {
      const rows = await runs(db, accounts === undefined ? {} : { accounts })
        .selectAll()
        .where('id', '>=', start)
        .where('id', '<', `${start}\u{10ffff}`)
        .orderBy('started', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return await decodeRows(rows, decodeRun);
    },

    runBriefs: (filter, limit) => runBriefs(db, filter, limit),
    policySummaries: (accounts, policies) => policySummaries(db, accounts, policies),
    latestRuns: (accounts, policies) => latestRuns(db, accounts, policies),
    latestTroubles: () => latestTroubles(db),

    async auditPage(filter, { limit, offset }) {
      const { total } = await audit(db, filter)
        .select(sql<number>`count(*)`.as('total'))
        .executeTakeFirstOrThrow();
      const rows = await audit(db, filter)
        .selectAll()
        .orderBy('at', 'desc')
        .limit(limit)
        .offset(offset)
        .execute();
      return {
        rows: await decodeRows(rows, ({ who, action, account, detail, ...row }) => {
          return { at: date(row.at), who, action, account, detail };
        }),
        total,
      };
    },
  };
}

/** A report is as long as a mailbox is odd, and there are thousands of runs that did nothing. */
async function runBriefs(db: Db, filter: RunFilter, limit: number): Promise<readonly RunRecord[]> {
  const rows = await runs(db, filter)
    .select(['id', 'server', 'account', 'policy', 'started', 'finished', 'result', 'acted'])
    .select(sql<string | null>`CASE WHEN acted = 1 THEN report END`.as('report'))
    .orderBy('started', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return await decodeRows(rows, decodeRun);
}

/** One step in the index for each pair: the table itself has a hundred days of runs. */
async function latestRuns(
  db: Db,
  accounts: readonly AccountRef[],
  policies: readonly string[],
): Promise<readonly RunRecord[]> {
  const { rows } = await sql<Selectable<RunTable>>`
    SELECT id, server, account, policy, started, finished, result, acted,
      CASE WHEN result = 'success' THEN NULL ELSE report END AS report
    FROM runs WHERE id IN (
      SELECT (
        SELECT id FROM runs
        WHERE server = pair.server AND account = pair.account AND policy = named.value
        ORDER BY started DESC LIMIT 1
      ) FROM ${words(db).pairs(accounts, policies)}
    )
    ORDER BY started DESC, id DESC`.execute(db);
  return await decodeRows(rows, decodeRun);
}

/** The newest trouble of each, where nothing newer went well. */
async function latestTroubles(db: Db): Promise<readonly RunRecord[]> {
  const { rows } = await sql<Selectable<RunTable>>`
    WITH troubled AS (
      SELECT policy, server, account, max(started) AS started
      FROM runs WHERE result IS NULL OR result <> 'success'
      GROUP BY policy, server, account
    )
    SELECT id, server, account, policy, started, finished, result, acted, report
    FROM runs WHERE id IN (
      SELECT (
        SELECT id FROM runs
        WHERE server = troubled.server AND account = troubled.account AND policy = troubled.policy
        ORDER BY started DESC LIMIT 1
      ) FROM troubled
    ) AND (result IS NULL OR result <> 'success')
    ORDER BY started DESC, id DESC`.execute(db);
  return await decodeRows(rows, decodeRun);
}

function runs(db: Db, { accounts, policy, result, results, from, to, actedSince }: RunFilter) {
  let query = db.selectFrom('runs');
  if (accounts !== undefined) {
    query = query.where(words(db).accountIn(['server', 'account'], accounts));
  }
  if (policy !== undefined) query = query.where('policy', '=', policy);
  if (result !== undefined) query = query.where('result', '=', result);
  if (from !== undefined) query = query.where('started', '>=', from.getTime());
  if (to !== undefined) query = query.where('started', '<=', to.getTime());
  // Its own index serves this.
  if (actedSince !== undefined)
    query = query.where('acted', '=', 1).where('finished', '>=', actedSince.getTime());
  if (results !== undefined) query = query.where(words(db).textIn('result', results));
  return query;
}

function audit(db: Db, { accounts, action, since }: AuditFilter) {
  let query = db.selectFrom('audit');
  if (accounts !== undefined)
    query = query.where(
      words(db).textIn(
        'account',
        accounts.map(({ account }) => account),
      ),
    );
  if (action !== undefined) query = query.where('action', '=', action);
  if (since !== undefined) query = query.where('at', '>=', since.getTime());
  return query;
}
