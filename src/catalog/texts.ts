import type { Catalog } from '../ports/catalog.ts';
import type { TextRecords, TextState } from '../ports/texts.ts';
import { decodeArchive, selectArchives } from './archive-rows.ts';
import { type CatalogDb, type Db, decodeRows } from './rows.ts';
import { words } from './words-of.ts';

/** As they are stored: the order is part of the schema. */
const textStates: readonly TextState[] = ['none', 'wanted', 'indexed', 'failed'];
const wanted = textStates.indexOf('wanted');

/** The index of what is written in archived mail. */
export function textRecords(db: CatalogDb): Pick<Catalog, keyof TextRecords> {
  return {
    async textWanted({ server, account }) {
      const rows = await selectArchives(db)
        .where('archives.text_state', '=', wanted)
        .where('archives.state', '=', 'verified')
        .where('archives.object_sha256', 'is', null)
        .where('folders.server', '=', server)
        .where('folders.account', '=', account)
        .orderBy('archives.n')
        .execute();
      return await decodeRows(rows, decodeArchive);
    },

    async textState(id) {
      const select = db.selectFrom('archives').select('text_state').where('id', '=', id);
      const row = await select.executeTakeFirst();
      return row === undefined ? null : (textStates[row.text_state] ?? 'none');
    },

    async setTextState(id, state) {
      await db.write(async (trx) => {
        await trx
          .updateTable('archives')
          .set({ text_state: textStates.indexOf(state) })
          .where('id', '=', id)
          .where('state', '!=', 'expired')
          .execute();
      });
    },

    async linesWithoutText(id) {
      return (await withoutText(db, id)).map(({ line }) => line);
    },

    async addTexts(id, texts) {
      await db.write(async (trx) => {
        const numbers = new Map((await withoutText(trx, id)).map(({ n, line }) => [line, n]));
        const rows = texts.flatMap(({ line, body, attachments, attached }) => {
          const n = numbers.get(line);
          return n === undefined ? [] : [{ n, attached, attachments, body }];
        });
        if (rows.length > 0) await words(trx).addBodies(trx, rows);
      });
    },
  };
}

async function withoutText(db: Db, id: string): Promise<readonly { n: number; line: number }[]> {
  return await db
    .selectFrom('lines')
    .innerJoin('archives', 'archives.n', 'lines.archive_n')
    .leftJoin('texts', 'texts.n', 'lines.n')
    .select(['lines.n', 'lines.line'])
    .where('archives.id', '=', id)
    .where('archives.state', '!=', 'expired')
    .where('texts.n', 'is', null)
    .orderBy('lines.line')
    .execute();
}

/** Removes what is indexed of an archive's text. Inside a write transaction only. */
export async function forgetTexts(trx: Db, archive: number): Promise<void> {
  for (;;) {
    const rows = await trx
      .selectFrom('texts')
      .innerJoin('lines', 'lines.n', 'texts.n')
      .selectAll('texts')
      .where('lines.archive_n', '=', archive)
      .limit(textsAtOnce)
      .execute();
    if (rows.length === 0) return;
    await words(trx).removeBodies(trx, rows);
  }
}

/** A text has up to some 100 kB. */
const textsAtOnce = 200;
