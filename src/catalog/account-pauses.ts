import { sql } from 'kysely';
import { throttleKinds } from '../domain/throttle.ts';
import type { AccountPause, AccountPauseRecords } from '../ports/account-pauses.ts';
import { type CatalogDb, date, decodeRows, oneOf } from './rows.ts';
import type { AccountPauseTable } from './schema-trouble.ts';

const hourMs = 3600 * 1000;
const keptHours = 48;

/** Accounts that their server wants to be left alone, and what they used. */
export function accountPauseRecords(db: CatalogDb): AccountPauseRecords {
  return { ...pauseRecords(db), ...trafficRecords(db) };
}

function pauseRecords(db: CatalogDb): Omit<AccountPauseRecords, 'addTraffic' | 'traffic'> {
  return {
    async accountPauses() {
      const rows = await db
        .selectFrom('account_pauses')
        .selectAll()
        .orderBy('server')
        .orderBy('account')
        .execute();
      return await decodeRows(rows, decodePause);
    },

    async accountPause({ server, account }) {
      const rows = await db
        .selectFrom('account_pauses')
        .selectAll()
        .where('server', '=', server)
        .where('account', '=', account)
        .execute();
      return (await decodeRows(rows, decodePause))[0] ?? null;
    },

    async pauseAccount({ server, account, kind, words, times, since, until }) {
      const what = { kind, words, times, since: since.getTime(), until: until.getTime() };
      await db.write((trx) =>
        trx
          .insertInto('account_pauses')
          .values({ server, account, ...what })
          .onConflict((conflict) => conflict.columns(['server', 'account']).doUpdateSet(what))
          .execute(),
      );
    },

    async forgetPause({ server, account }) {
      await db.write((trx) =>
        trx
          .deleteFrom('account_pauses')
          .where('server', '=', server)
          .where('account', '=', account)
          .execute(),
      );
    },
  };
}

function trafficRecords(db: CatalogDb): Pick<AccountPauseRecords, 'addTraffic' | 'traffic'> {
  return {
    async addTraffic({ server, account }, { bytes, commands }, at) {
      const hour = Math.floor(at.getTime() / hourMs);
      await db.write(async (trx) => {
        await trx
          .insertInto('account_traffic')
          .values({ server, account, hour, bytes, commands })
          .onConflict((conflict) =>
            conflict.columns(['server', 'account', 'hour']).doUpdateSet({
              bytes: sql<number>`account_traffic.bytes + ${bytes}`,
              commands: sql<number>`account_traffic.commands + ${commands}`,
            }),
          )
          .execute();
        await trx
          .deleteFrom('account_traffic')
          .where('server', '=', server)
          .where('account', '=', account)
          .where('hour', '<', hour - keptHours)
          .execute();
      });
    },

    async traffic({ server, account }, since) {
      const rows = await db
        .selectFrom('account_traffic')
        .select(['hour', 'bytes', 'commands'])
        .where('server', '=', server)
        .where('account', '=', account)
        .where('hour', '>=', Math.floor(since.getTime() / hourMs))
        .orderBy('hour')
        .execute();
      return rows.map(({ hour, bytes, commands }) => ({ at: new Date(hour * hourMs), bytes, commands }));
    },
  };
}

function decodePause({ server, account, kind, words, times, since, until }: AccountPauseTable): AccountPause {
  const what = { kind: oneOf(throttleKinds, kind), words, times };
  return { server, account, ...what, since: date(since), until: date(until) };
}
