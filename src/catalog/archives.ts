import { sql, type SqlBool } from 'kysely';
import type { Sha256 } from '../domain/brands.ts';
import { encodeReason } from '../domain/reason.ts';
import { MothballError } from '../errors.ts';
import { manifestDigest } from '../format/manifest.ts';
import type { Catalog } from '../ports/catalog.ts';
import {
  decodeArchive,
  encodeArchive,
  narrowArchives,
  type NewArchiveRow,
  selectArchives,
} from './archive-rows.ts';
import { close } from './batches.ts';
import { forgetEncrypted } from './encrypted.ts';
import { folderNumber } from './folders.ts';
import { countEvent, countVerification } from './history.ts';
import { folderToday } from './aliases.ts';
import { encodeLine } from './line-rows.ts';
import { forgetLines, lineLooks } from './lines.ts';
import { type CatalogDb, type Db, decodeRows, eachRow, impossible } from './rows.ts';
import { deleteStates } from './schema.ts';
import { words } from './words-of.ts';

const none = deleteStates.indexOf('none');
const pending = deleteStates.indexOf('pending');
const deleting = deleteStates.indexOf('deleting');
const abandoned = deleteStates.indexOf('abandoned');

/** Whether another verified archive of the policy and store has the message, and it waits there already. */
const waitsElsewhere = sql<SqlBool>`EXISTS (
  SELECT 1 FROM lines AS other
    JOIN archives AS its ON its.n = other.archive_n
    JOIN archives AS own ON own.n = lines.archive_n
  WHERE other.folder_id = lines.folder_id AND other.uid = lines.uid AND other.archive_n <> lines.archive_n
    AND other.state IN (1, 2) AND its.state = 'verified'
    AND its.policy = own.policy AND its.store = own.store)`;

type Looks = 'archives' | 'archive' | 'lines' | 'lineFacts' | 'frameLines';
type Seals = 'addArchive' | 'markVerified';
type States = 'setArchiveState' | 'reinstate' | 'forgetMessages';

/** Archives, their lines and their states. */
export function archiveRecords(db: CatalogDb): Pick<Catalog, Seals | States | Looks> {
  return { ...archiveSeals(db), ...archiveStates(db), ...archiveLooks(db), ...lineLooks(db) };
}

function archiveSeals(db: CatalogDb): Pick<Catalog, Seals> {
  return {
    async addArchive(manifest, key, batchKey, about = {}) {
      const { manifestObject = null, origin = 'found' } = about;
      const { store, key: objectKey, encryption } = manifest.head;
      if ((encryption === undefined) !== (manifestObject === null))
        throw impossible(`can't record archive ${manifest.head.id}: encrypted without its digests`);
      const manifestSha256 = about.manifestSha256 ?? (await manifestDigest(manifest));
      const sealed = { manifest, key, manifestObject, origin, manifestSha256 };
      await db.write(async (trx) => {
        const known = await stateOf(trx, manifest.head.id);
        if (known === null) await insertArchive(trx, sealed);
        else if (known.state === 'quarantined') await replaceArchive(trx, known.n, sealed);
        else if (known.state === 'expired' && (batchKey !== null || origin !== 'found'))
          await reviveArchive(trx, known.n, sealed);
        // Also when it was known: a reindex may have met the archive before its batch was resumed.
        if (batchKey !== null) await close(trx, batchKey, 'sealed', null);
        if (encryption !== undefined) await forgetEncrypted(trx, store, [objectKey, key]);
      });
    },

    async markVerified(id, at, deletes, read) {
      await db.write(async (trx) => {
        const known = await stateOf(trx, id);
        if (known === null || known.state === 'expired') {
          throw impossible(`can't mark archive ${id} verified: it is ${known?.state ?? 'unknown'}`);
        }
        requireSame(id, known, read);
        await trx
          .updateTable('archives')
          .set({ state: 'verified', state_reason: null, verified_at: at.getTime() })
          .where('n', '=', known.n)
          .execute();
        await countVerification(trx, known.store, 'ok');
        if (!deletes) return;
        await trx
          .updateTable('lines')
          .set({ state: pending, pending_since: at.getTime() })
          .where('archive_n', '=', known.n)
          .where('state', '=', none)
          .where(sql<SqlBool>`NOT ${waitsElsewhere}`)
          .execute();
      });
    },
  };
}

function archiveStates(db: CatalogDb): Pick<Catalog, States> {
  return {
    async setArchiveState(id, state, reason, read) {
      await db.write(async (trx) => {
        const known = await stateOf(trx, id);
        if (known === null || (known.state === 'expired' && state !== 'expired')) {
          throw impossible(`can't mark archive ${id} ${state}: it is ${known?.state ?? 'unknown'}`);
        }
        requireSame(id, known, read);
        await trx
          .updateTable('archives')
          .set({ state, state_reason: reason })
          .where('n', '=', known.n)
          .execute();
        if (state === 'quarantined') await countVerification(trx, known.store, 'failed');
        else if (known.state !== 'expired') await countEvent(trx, 'expired', known.store, 1);
        // Lines in state deleting keep it: their intent is open until a purge has looked at the server.
        await trx
          .updateTable('lines')
          .set({ state: abandoned, reason: encodeReason({ code: `archive-${state}`, detail: reason }) })
          .where('archive_n', '=', known.n)
          .where('state', '=', pending)
          .execute();
      });
    },

    async reinstate({ id, state, stateReason }) {
      await db.write(async (trx) => {
        const known = await stateOf(trx, id);
        if (known?.state !== 'expired')
          throw impossible(`can't take archive ${id} back: it is ${known?.state ?? 'unknown'}`);
        const change = { state, state_reason: stateReason };
        await trx.updateTable('archives').set(change).where('n', '=', known.n).execute();
        await countEvent(trx, 'expired', known.store, -1);
      });
    },

    async forgetMessages(id) {
      await db.write(async (trx) => {
        const known = await stateOf(trx, id);
        if (known?.state !== 'expired')
          throw impossible(`keeps the messages of archive ${id}: it is ${known?.state ?? 'unknown'}`);
        await forgetLines(trx, known.n, deleting);
      });
    },
  };
}

function archiveLooks(db: Db): Pick<Catalog, 'archives' | 'archive'> {
  return {
    async archives(filter = {}) {
      const query = narrowArchives(db, selectArchives(db), filter);
      const rows = await query.orderBy('archives.created').orderBy('archives.n').execute();
      return await decodeRows(rows, decodeArchive);
    },

    async archive(id) {
      const rows = await selectArchives(db).where('archives.id', '=', id).execute();
      return (await decodeRows(rows, decodeArchive))[0] ?? null;
    },
  };
}

interface Known {
  readonly n: number;
  readonly state: string;
  readonly store: string;
  readonly manifest_sha256: string;
}

async function stateOf(db: Db, id: Sha256): Promise<Known | null> {
  const row = db
    .selectFrom('archives')
    .select(['n', 'state', 'store', 'manifest_sha256'])
    .where('id', '=', id);
  return (await row.executeTakeFirst()) ?? null;
}

/** Without a lock, an archive may be stored again after it was read. */
function requireSame(id: Sha256, known: Known, read: Sha256 | undefined): void {
  if (read === undefined || read === known.manifest_sha256) return;
  throw new MothballError(
    {
      fact: `archive ${id} was stored again while it was read`,
      notDone: 'what was read says nothing about it',
      remedy: 'Verify it again',
    },
    { code: 'changed' },
  );
}

async function insertArchive(trx: Db, sealed: NewArchiveRow): Promise<void> {
  const { manifest } = sealed;
  const folder = await folderNumber(trx, await folderToday(trx, manifest.head));
  const { n } = await trx
    .insertInto('archives')
    .values(encodeArchive(sealed, folder))
    .returning('n')
    .executeTakeFirstOrThrow();
  await words(trx).addLines(trx, { archive: n, folder }, manifest.messages);
}

/** Mail whose archive expired is archived again, under the same id: the record starts over. */
async function reviveArchive(trx: Db, n: number, sealed: NewArchiveRow): Promise<void> {
  const { manifest } = sealed;
  const folder = await folderNumber(trx, await folderToday(trx, manifest.head));
  await trx.updateTable('archives').set(encodeArchive(sealed, folder)).where('n', '=', n).execute();
  await forgetLines(trx, n, null);
  await words(trx).addLines(trx, { archive: n, folder }, manifest.messages);
}

/**
 * The same messages, archived again under another key because the first object was damaged: the
 * record takes the new place and starts over as sealed. What was deleted or gone stays so.
 */
async function replaceArchive(trx: Db, n: number, sealed: NewArchiveRow): Promise<void> {
  const { manifest } = sealed;
  const folder = await folderNumber(trx, await folderToday(trx, manifest.head));
  await trx.updateTable('archives').set(encodeArchive(sealed, folder)).where('n', '=', n).execute();
  await eachRow(manifest.messages, async (message, line) => {
    await trx
      .updateTable('lines')
      .set(encodeLine(message, n, line, folder))
      .where('archive_n', '=', n)
      .where('line', '=', line)
      .execute();
  });
  await trx
    .updateTable('lines')
    .set({ state: none, reason: null })
    .where('archive_n', '=', n)
    .where('state', '=', abandoned)
    .execute();
}
