import { uid, uidValidity } from '../domain/brands.ts';
import { dayMs } from '../domain/dates.ts';
import type { NoticeRecord, NoticeRecords } from '../ports/notices.ts';
import { type CatalogDb, date, decodeRows, oneOf } from './rows.ts';

const states = ['sending', 'sent', 'refused'] as const;
const keptMs = 2 * 365 * dayMs;

/** Notices to the owners of accounts. */
export function noticeRecords(db: CatalogDb): NoticeRecords {
  return {
    async notices({ server, account }) {
      const rows = await db
        .selectFrom('notices')
        .selectAll()
        .where('server', '=', server)
        .where('account', '=', account)
        .orderBy('at', 'desc')
        .orderBy('id')
        .execute();
      return await decodeRows(rows, ({ uid_validity: validity, ...row }): NoticeRecord => ({
        ...row,
        at: date(row.at),
        state: oneOf(states, row.state),
        uidValidity: validity === null ? null : uidValidity(validity),
        uid: row.uid === null ? null : uid(row.uid),
      }));
    },

    async beginNotice({ server, account, id, policy, at, folder }, quietSince) {
      return await db.write(async (trx) => {
        const recent = await trx
          .selectFrom('notices')
          .select('id')
          .where('server', '=', server)
          .where('account', '=', account)
          .where('at', '>', quietSince.getTime())
          .executeTakeFirst();
        if (recent !== undefined) return false;
        const sending = { state: 'sending', uid_validity: null, uid: null, detail: null } as const;
        await trx
          .insertInto('notices')
          .values({ id, server, account, policy, at: at.getTime(), folder, ...sending })
          .execute();
        await trx
          .deleteFrom('notices')
          .where('server', '=', server)
          .where('account', '=', account)
          .where('at', '<', at.getTime() - keptMs)
          .execute();
        return true;
      });
    },

    async settleNotice(id, outcome) {
      const sent = outcome.state === 'sent' ? outcome : null;
      await db.write(async (trx) => {
        await trx
          .updateTable('notices')
          .set({
            state: outcome.state,
            uid_validity: sent?.uidValidity ?? null,
            uid: sent?.uid ?? null,
            detail: outcome.state === 'refused' ? outcome.detail : null,
          })
          .where('id', '=', id)
          .execute();
      });
    },
  };
}
