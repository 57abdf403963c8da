import { sql, type SqlBool } from 'kysely';
import type { AccountRef } from '../domain/account.ts';
import { type Alias, nameText, nameToday } from '../domain/alias.ts';
import { MothballError } from '../errors.ts';
import type { ManifestHead } from '../format/manifest-types.ts';
import type { AliasRecords } from '../ports/aliases.ts';
import type { FolderRef } from '../ports/records.ts';
import { type CatalogDb, date, type Db, decodeRows } from './rows.ts';

/** Their rows keep the archives of an account, or what was done with its mail. */
const kept = ['folders', 'restores', 'runs', 'notices'] as const;
/** Their rows are made again by the next scan or run: those of the new name give way. */
const renewed = [
  'folder_refusals',
  'run_lines',
  'run_outcomes',
  'scans',
  'samples',
  'newest_samples',
  'folder_samples',
] as const;

/** Accounts and servers that were renamed. */
export function aliasRecords(db: CatalogDb): AliasRecords {
  return {
    aliases: () => aliasesIn(db),

    async addAlias(alias) {
      await db.write((trx) => insert(trx, alias));
    },

    async requireApart(from, to) {
      await requireApart(db, { from, to });
    },

    async rename(alias) {
      await db.write(async (trx) => {
        await requireApart(trx, alias);
        await trx
          .updateTable('batches')
          .set({ state: 'abandoned', reason: `renamed to ${nameText(alias.to)}`, uids: '[]' })
          .where('state', '=', 'open')
          .where(sql<SqlBool>`folder_id IN (SELECT id FROM folders WHERE ${named(alias)})`)
          .execute();
        // SAFETY I9: whether the account is the same one is the word of a person, so mail is compared as a whole.
        await trx
          .updateTable('archives')
          .set({ origin: 'found' })
          .where(sql<SqlBool>`folder_id IN (SELECT id FROM folders WHERE ${named(alias)})`)
          .execute();
        for (const table of [...kept, ...renewed]) await renameIn(trx, table, alias);
        await insert(trx, alias);
      });
    },

    async nameToday(then, moment) {
      return nameToday(await aliasesIn(db), then, moment);
    },
  };
}

/** The folder of a manifest, under today's name of its account. Inside a transaction. */
export async function folderToday(trx: Db, head: ManifestHead): Promise<FolderRef> {
  const { folder, uidValidity, mailboxId, created } = head;
  const account: AccountRef = nameToday(await aliasesIn(trx), head, new Date(created));
  return { server: account.server, account: account.account, folder, uidValidity, mailboxId };
}

async function aliasesIn(db: Db): Promise<readonly Alias[]> {
  const rows = await db.selectFrom('aliases').selectAll().orderBy('at').execute();
  return await decodeRows(rows, (row): Alias => ({
    from: { server: row.from_server, account: row.from_account },
    to: { server: row.to_server, account: row.to_account },
    at: date(row.at),
  }));
}

async function insert(trx: Db, alias: Alias): Promise<void> {
  const same = JSON.stringify(alias);
  if ((await aliasesIn(trx)).some((known) => JSON.stringify(known) === same)) return;
  const { from, to, at } = alias;
  await trx
    .insertInto('aliases')
    .values({
      from_server: from.server,
      from_account: from.account,
      to_server: to.server,
      to_account: to.account,
      at: at.getTime(),
    })
    .execute();
}

/** Rows of the old name. */
function named({ from }: Alias) {
  return from.account === null
    ? sql<SqlBool>`server = ${from.server}`
    : sql<SqlBool>`server = ${from.server} AND account = ${from.account}`;
}

/** What two accounts have archived would be one: nobody can tell it apart again. */
async function requireApart(trx: Db, { from, to }: Omit<Alias, 'at'>): Promise<void> {
  const { rows } = await sql<{ account: string }>`
    SELECT DISTINCT own.account AS account FROM folders AS own
    WHERE own.server = ${to.server}
      AND (CAST(${to.account} AS text) IS NULL OR own.account = ${to.account})
      AND EXISTS (SELECT 1 FROM archives WHERE archives.folder_id = own.id AND archives.state <> 'expired')
      AND EXISTS (
        SELECT 1 FROM folders AS old JOIN archives ON archives.folder_id = old.id
        WHERE old.server = ${from.server} AND old.account = coalesce(${from.account}, own.account)
      )`.execute(trx);
  const [first] = rows;
  if (first === undefined) return;
  throw new MothballError(
    {
      fact: `there are archives of ${first.account} on ${to.server} already, and of ${nameText(from)}`,
      notDone: 'nothing was renamed, since they could not be told apart again',
      remedy: 'Give the account its old name again in mothball.yaml, or keep both',
    },
    { code: 'exists' },
  );
}

async function renameIn(
  trx: Db,
  table: (typeof kept)[number] | (typeof renewed)[number],
  alias: Alias,
): Promise<void> {
  const { from, to } = alias;
  const account = to.account === null ? sql`account` : sql`${to.account}`;
  if (renewed.some((name) => name === table)) {
    const accounts = from.account === null ? sql`account` : sql`${to.account}`;
    await sql`DELETE FROM ${sql.table(table)} WHERE server = ${to.server} AND account = ${accounts}
      AND EXISTS (SELECT 1 FROM ${sql.table(table)} AS old WHERE old.server = ${from.server}
        AND old.account = ${from.account === null ? sql`${sql.table(table)}.account` : sql`${from.account}`})`.execute(
      trx,
    );
  }
  if (table === 'folders') await mergeEmptyFolders(trx, alias);
  await sql`UPDATE ${sql.table(table)} SET server = ${to.server}, account = ${account}
    WHERE ${named(alias)}`.execute(trx);
}

/** The new name may have the same folder already, with quarantined messages and no archives: they join those of the old one. */
async function mergeEmptyFolders(trx: Db, { from, to }: Alias): Promise<void> {
  const { rows } = await sql<{ own: number; old: number }>`
    SELECT own.id AS own, old.id AS old FROM folders AS own JOIN folders AS old
      ON old.server = ${from.server} AND own.server = ${to.server}
      AND old.account = coalesce(${from.account}, own.account)
      AND own.account = coalesce(${to.account}, own.account)
      AND own.folder = old.folder AND own.uid_validity = old.uid_validity
      AND coalesce(own.mailbox_id, '') = coalesce(old.mailbox_id, '')`.execute(trx);
  for (const { own, old } of rows) {
    for (const table of ['quarantine', 'blames', 'suspects'] as const) {
      await sql`DELETE FROM ${sql.table(table)} WHERE folder_id = ${own}
        AND uid IN (SELECT uid FROM ${sql.table(table)} WHERE folder_id = ${old})`.execute(trx);
      await sql`UPDATE ${sql.table(table)} SET folder_id = ${old} WHERE folder_id = ${own}`.execute(trx);
    }
    for (const table of ['archives', 'lines', 'batches'] as const)
      await sql`UPDATE ${sql.table(table)} SET folder_id = ${old} WHERE folder_id = ${own}`.execute(trx);
    await sql`DELETE FROM folders WHERE id = ${own}`.execute(trx);
  }
}
