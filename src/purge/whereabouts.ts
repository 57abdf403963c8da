import type { Uid } from '../domain/brands.ts';
import { type Folder, holdsMail, sameFolder } from '../domain/folder.ts';
import { sameMessage } from '../domain/identity.ts';
import type { MessageMeta } from '../domain/message.ts';
import { isConnectionLost } from '../errors.ts';
import type { MailReader, MailSession } from '../ports/mail.ts';
import type { ArchiveRecord, DeleteEntry } from '../ports/records.ts';
import { isCatchable } from '../work/isolate.ts';
import { type Seen, unlikeOf } from './same-bytes.ts';

/** What the folder that is open now shows of messages of one intent. */
export interface Sighting {
  /** The archived message itself. */
  readonly there: readonly Seen[];
  /** Its UID is there, and it can't be read: only what else is known of the folder says whose it is. */
  readonly unclear: readonly Seen[];
  readonly absent: readonly DeleteEntry[];
  /** A UID is that of another message: so the folder is another one, and its other UIDs prove nothing. */
  readonly another: boolean;
}

/**
 * Looks for the messages in the folder that is open now, which has the recorded UIDVALIDITY and MAILBOXID.
 * Without a MAILBOXID these do not show which folder it is (SAFETY I4), so each message is compared.
 */
export async function sightingOf(
  session: MailReader,
  { mailboxId }: Pick<ArchiveRecord, 'mailboxId'>,
  open: readonly DeleteEntry[],
): Promise<Sighting> {
  const metas = new Map<Uid, MessageMeta>();
  const uids = open.map((entry) => entry.uid).toSorted((a, b) => a - b);
  for await (const meta of session.fetchMeta(uids, { complete: true })) metas.set(meta.uid, meta);
  const absent = open.filter(({ uid }) => !metas.has(uid));
  const seen = open.flatMap((entry) => {
    const meta = metas.get(entry.uid);
    return meta === undefined ? [] : [{ entry, meta }];
  });
  if (mailboxId !== null) return { there: seen, unclear: [], absent, another: false };
  const like = seen.filter(({ entry, meta }) => isUnknown(meta) || sameMessage(entry, meta));
  const { pairs: unlike, bodies } = await unlikeOf(session, like, false);
  const unclear = [...unlike].filter(({ entry }) => !bodies.has(entry.uid));
  const another = like.length < seen.length || unlike.size > unclear.length;
  return { there: like.filter((pair) => !unlike.has(pair)), unclear, absent, another };
}

function isUnknown({ size, internalDate }: MessageMeta): boolean {
  return size === null || internalDate === null;
}

/**
 * Those of the messages that are in a folder of another name, which was renamed or exchanged its name with
 * another one: they were not deleted. `withdraw` is done to them there, if the server lets the folder be
 * selected; a folder that it does not open is left out. Trash holds copies: under new UIDs, which may be
 * the old ones by chance.
 */
export async function elsewhere(
  session: MailSession,
  { folders, record }: { readonly folders: readonly Folder[]; readonly record: ArchiveRecord },
  wanted: readonly DeleteEntry[],
  withdraw: (there: readonly Seen[]) => Promise<void>,
): Promise<ReadonlySet<DeleteEntry>> {
  const found = new Set<DeleteEntry>();
  if (wanted.length === 0) return found;
  for (const folder of folders) {
    if (!holdsMail(folder) || folder.path === record.folder || folder.roles.includes('trash')) continue;
    try {
      if (!sameFolder(await session.examine(folder.path), record)) continue;
      const { there, another } = await sightingOf(session, record, wanted);
      if (another || there.length === 0) continue;
      for (const { entry } of there) found.add(entry);
      await session.select(folder.path);
      await withdraw(there);
    } catch (error) {
      if (!isCatchable(error) || isConnectionLost(error)) throw error;
    }
  }
  return found;
}
