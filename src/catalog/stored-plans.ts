import { sql } from 'kysely';
import type { Idle } from '../domain/plan.ts';
import type { NewPlan, PlanAmount, StoredPlan, StoredPlanRecords } from '../ports/stored-plans.ts';
import { type CatalogDb, date, type Db, decodeRows, oneOf } from './rows.ts';
import type { StoredPlanTable } from './schema-watch.ts';
import { words } from './words-of.ts';

const idleKinds: readonly Idle['kind'][] = ['quota below threshold', 'quota not reported', 'no folder'];
/** Characters of an error that are kept. */
const longestError = 1000;

/** What policies in plan mode would do. */
export function storedPlanRecords(db: CatalogDb): StoredPlanRecords {
  return {
    async storePlan(plan) {
      await db.write(async (trx) => {
        const { policy, server, account } = plan;
        const known = await trx
          .selectFrom('stored_plans')
          .selectAll()
          .where('policy', '=', policy)
          .where('server', '=', server)
          .where('account', '=', account)
          .executeTakeFirst();
        const row = rowOf(plan, known ?? null);
        await trx
          .insertInto('stored_plans')
          .values({ policy, server, account, ...row })
          .onConflict((conflict) => conflict.columns(['policy', 'server', 'account']).doUpdateSet(row))
          .execute();
      });
    },

    async storedPlans({ server, account }) {
      const rows = await db
        .selectFrom('stored_plans')
        .selectAll()
        .where('server', '=', server)
        .where('account', '=', account)
        .orderBy('policy')
        .execute();
      return await decodeRows(rows, decode);
    },

    storedPlanTotals: (policies, accounts) => totals(db, policies, accounts),

    async forgetPlans(before) {
      await db.write(async (trx) => {
        await trx.deleteFrom('stored_plans').where('tried', '<', before.getTime()).execute();
      });
    },
  };
}

type Figures = Omit<StoredPlanTable, 'policy' | 'server' | 'account'>;

function rowOf({ at, hash, made }: NewPlan, known: StoredPlanTable | null): Figures {
  const tried = at.getTime();
  if ('error' in made) {
    const error = made.error.slice(0, longestError).toWellFormed();
    if (known === null) return { ...nothing, policy_hash: hash, tried, error };
    const { policy: _policy, server: _server, account: _account, ...kept } = known;
    // Which policy the plan that is kept was made by stays with it.
    return { ...kept, tried, error };
  }
  const { messages, bytes, idle } = made;
  const now = { policy_hash: hash, tried, error: null, at: tried, messages, bytes, idle };
  if (known === null) return { ...nothing, ...now };
  const before = { before_at: known.at, before_messages: known.messages, before_bytes: known.bytes };
  const changed =
    known.policy_hash === hash
      ? {
          changed_at: known.changed_at,
          changed_messages: known.changed_messages,
          changed_bytes: known.changed_bytes,
        }
      : { changed_at: known.at, changed_messages: known.messages, changed_bytes: known.bytes };
  return { ...now, ...before, ...changed };
}

const nothing = {
  at: null,
  messages: null,
  bytes: null,
  idle: null,
  before_at: null,
  before_messages: null,
  before_bytes: null,
  changed_at: null,
  changed_messages: null,
  changed_bytes: null,
} as const;

function decode(row: StoredPlanTable): StoredPlan {
  return {
    policy: row.policy,
    server: row.server,
    account: row.account,
    hash: row.policy_hash,
    tried: date(row.tried),
    error: row.error,
    last: amount(row.at, row.messages, row.bytes),
    idle: row.idle === null ? null : oneOf(idleKinds, row.idle),
    before: amount(row.before_at, row.before_messages, row.before_bytes),
    changed: amount(row.changed_at, row.changed_messages, row.changed_bytes),
  };
}

function amount(at: number | null, messages: number | null, bytes: number | null): PlanAmount | null {
  return at === null || messages === null || bytes === null ? null : { at: date(at), messages, bytes };
}

interface TotalsRow {
  readonly policy: string;
  readonly policy_hash: string;
  readonly accounts: number;
  readonly failed: number;
  readonly messages: number;
  readonly bytes: number;
  readonly newest: number | null;
  readonly more_messages: number | null;
  readonly more_bytes: number | null;
  readonly changed_messages: number | null;
  readonly changed_bytes: number | null;
}

async function totals(
  db: Db,
  ...[policies, accounts]: Parameters<StoredPlanRecords['storedPlanTotals']>
): ReturnType<StoredPlanRecords['storedPlanTotals']> {
  const { rows } = await sql<TotalsRow>`
    SELECT policy, policy_hash, count(at) AS accounts,
      sum(CASE WHEN error IS NULL THEN 0 ELSE 1 END) AS failed,
      coalesce(sum(messages), 0) AS messages, coalesce(sum(bytes), 0) AS bytes, max(at) AS newest,
      sum(messages - before_messages) AS more_messages, sum(bytes - before_bytes) AS more_bytes,
      sum(messages - changed_messages) AS changed_messages, sum(bytes - changed_bytes) AS changed_bytes
    FROM stored_plans
    WHERE ${words(db).textIn('policy', policies)}
      AND ${words(db).accountIn(['server', 'account'], accounts)}
    GROUP BY policy, policy_hash ORDER BY policy, policy_hash`.execute(db);
  return await decodeRows(
    rows,
    ({ policy, policy_hash: hash, accounts: planned, failed, messages, bytes, ...row }) => ({
      policy,
      hash,
      accounts: planned,
      failed,
      messages,
      bytes,
      newest: row.newest === null ? null : date(row.newest),
      sinceBefore: difference(row.more_messages, row.more_bytes),
      sinceChange: difference(row.changed_messages, row.changed_bytes),
    }),
  );
}

function difference(
  messages: number | null,
  bytes: number | null,
): { readonly messages: number; readonly bytes: number } | null {
  return messages === null || bytes === null ? null : { messages, bytes };
}
