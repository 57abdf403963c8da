import { type Selectable, sql } from 'kysely';
import type { AccountRef } from '../domain/account.ts';
import type { PolicySummary } from '../ports/browse.ts';
import { type Db, decodeRows } from './rows.ts';
import { decodeRun } from './runs.ts';
import type { RunTable } from './schema.ts';
import { words } from './words-of.ts';

/**
 * How policies last ran. Every account that a policy ever ran on has one row of outcomes; it went well
 * where the newest run is none of the troubled ones, which have an index of their own.
 */
export async function policySummaries(
  db: Db,
  accounts: readonly AccountRef[],
  policies: readonly string[],
): Promise<readonly PolicySummary[]> {
  const counted = await succeeded(db, accounts, policies);
  const summaries: PolicySummary[] = [];
  for (const policy of policies) {
    const { rows } = await sql<Selectable<RunTable>>`
      SELECT id, server, account, policy, started, finished, result, acted, NULL AS report
      FROM runs WHERE policy = ${policy} AND ${words(db).accountIn(['server', 'account'], accounts)}
      ORDER BY started DESC LIMIT 1`.execute(db);
    const [last = null] = await decodeRows(rows, decodeRun);
    summaries.push({ policy, last, succeeded: counted.get(policy) ?? 0 });
  }
  return summaries;
}

async function succeeded(
  db: Db,
  accounts: readonly AccountRef[],
  policies: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ readonly policy: string; readonly accounts: number }>`
    WITH troubled AS (
      SELECT policy, server, account, max(started) AS started
      FROM runs WHERE result IS NULL OR result <> 'success'
      GROUP BY policy, server, account
    ), bad AS (
      SELECT policy, server, account FROM troubled
      WHERE NOT EXISTS (
        SELECT 1 FROM runs AS later
        WHERE later.server = troubled.server AND later.account = troubled.account
          AND later.policy = troubled.policy AND later.started > troubled.started
      )
    )
    SELECT policy, count(*) AS accounts FROM run_outcomes
    WHERE ${words(db).textIn('policy', policies)}
      AND ${words(db).accountIn(['server', 'account'], accounts)}
      AND (policy, server, account) NOT IN (SELECT policy, server, account FROM bad)
    GROUP BY policy`.execute(db);
  return new Map(rows.map((row) => [row.policy, row.accounts]));
}
