import type { Uid } from '../domain/brands.ts';
import { type FolderState, sameFolder } from '../domain/folder.ts';
import { sameMessage } from '../domain/identity.ts';
import { type Totals, totals } from '../domain/plan.ts';
import type { MailReader } from '../ports/mail.ts';
import type { DeleteEntry } from '../ports/records.ts';
import type { Candidates, PlanInput, PlanWays } from './candidates.ts';

/** What waits for its purge in one folder, archived under any policy; by UID, each message once. */
export interface Waiting extends Pick<FolderState, 'path' | 'uidValidity' | 'mailboxId'> {
  readonly entries: Map<Uid, DeleteEntry>;
}

/** By folder identity. */
export type AllWaiting = ReadonlyMap<string, Waiting>;

export async function waitingMail({ catalog, account }: PlanInput): Promise<AllWaiting> {
  const waiting = new Map<string, Waiting>();
  for (const { id, folder: path, uidValidity, mailboxId } of await catalog.archivesToPurge(account)) {
    const key = identity(path, { uidValidity, mailboxId });
    const folder = waiting.get(key) ?? { path, uidValidity, mailboxId, entries: new Map<Uid, DeleteEntry>() };
    for (const entry of await catalog.deleteEntries(id, ['pending', 'deleting']))
      folder.entries.set(entry.uid, entry);
    waiting.set(key, folder);
  }
  return waiting;
}

/** Drops candidates that wait for their purge already. */
export function withoutWaiting({ folders, problems }: Candidates, waiting: AllWaiting): Candidates {
  const left = folders.map((part) => {
    const entries = waiting.get(identity(part.folder.path, part.state))?.entries;
    return entries === undefined
      ? part
      : { ...part, messages: part.messages.filter((message) => !entries.has(message.uid)) };
  });
  return { folders: left, problems };
}

/** What will be freed in one folder when its grace is over. */
export interface Freeing extends Totals {
  readonly path: string;
}

/**
 * What waits in these folders and is still there: mail that its owner deleted or moved meanwhile, or whose
 * folder was made again, frees nothing more. In a folder that can't be looked into, all of it counts.
 */
export async function stillWaiting(
  { isolation }: PlanWays,
  waiting: AllWaiting,
  paths: ReadonlySet<string>,
): Promise<readonly Freeing[]> {
  const found: Freeing[] = [];
  for (const folder of waiting.values()) {
    if (!paths.has(folder.path)) continue;
    let there: readonly DeleteEntry[] = [...folder.entries.values()];
    await isolation.visit(folder.path, async (session) => {
      there = await present(session, folder);
    });
    found.push({ path: folder.path, ...totals(there) });
  }
  return found;
}

async function present(session: MailReader, folder: Waiting): Promise<readonly DeleteEntry[]> {
  if (!sameFolder(await session.examine(folder.path), folder)) return [];
  const there: DeleteEntry[] = [];
  const uids = [...folder.entries.keys()].toSorted((a, b) => a - b);
  // What an OK leaves out is asked for once more: a drain must not take more for a row that is only missing.
  for await (const meta of session.fetchMeta(uids, { complete: true })) {
    const entry = folder.entries.get(meta.uid);
    const unknown = meta.size === null || meta.internalDate === null;
    if (entry !== undefined && (unknown || sameMessage(entry, meta))) there.push(entry);
  }
  return there;
}

function identity(path: string, folder: Pick<FolderState, 'uidValidity' | 'mailboxId'>): string {
  return JSON.stringify([path, folder.uidValidity, folder.mailboxId]);
}
