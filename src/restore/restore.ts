/**
 * `restore/`: archived mail on its way back. `restore.ts` decides what goes into which folder and
 * writes the receipts; `put-mail.ts` appends messages and counts copies, also for imports;
 * `compare.ts` fetches back what was appended and compares it. `export.ts` writes mail into files
 * instead. Mail is only ever added to a server here, and an existing copy is not added again.
 * May import `archive` (for receipts), `read`, `work` and what is below the rooms.
 */
import { writeReceipt } from '../archive/receipt.ts';
import type { FolderProblem } from '../domain/folder-problem.ts';
import { allMailOf, type FolderState } from '../domain/folder.ts';
import { isImported } from '../domain/imported.ts';
import type { Totals } from '../domain/plan.ts';
import { movedPath, serverPath } from '../domain/server-path.ts';
import { type Damaged, type ReadMessage, readArchived } from '../read/read-archive.ts';
import { onceEach, type Wanted } from '../read/wanted.ts';
import type { AccountWork } from '../work/account-work.ts';
import { problemOf } from '../work/isolate-folder.ts';
import { costsItself } from '../work/isolate.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { secondsOf, type Sought } from './compare.ts';
import { MailUpload } from './put-mail.ts';
import type { Made } from './upload.ts';

export interface RestoreProblem {
  readonly id: string;
  /** `encrypted`: to others than the owner of the identity. */
  readonly outcome: 'refused' | 'altered' | 'damaged' | 'encrypted';
  readonly detail: string;
}

export interface RestoreReport {
  readonly restored: Totals;
  /** Messages that the folder holds already. */
  readonly present: number;
  readonly problems: readonly RestoreProblem[];
  /** Folders that nothing, or not everything, could be put into. */
  readonly folders: readonly FolderProblem[];
}

/**
 * Puts archived messages of one account back on the server with flags, keywords and INTERNALDATE:
 * into `target`, or where each came from. Counts copies: afterwards the folder holds as many
 * messages of each SHA-256 as are wanted, no more. A full mailbox ends it.
 */
export async function restore(
  work: LockedWork,
  wanted: readonly Wanted[],
  target: string | null,
): Promise<RestoreReport> {
  const problems: RestoreProblem[] = [];
  const damaged = ({ record, line, reason, refused }: Damaged): void => {
    const id = line === null ? record.id : `${record.id}/${line}`;
    problems.push({ id, outcome: refused ? 'encrypted' : 'damaged', detail: reason });
  };
  const upload = new MailUpload<ReadMessage>(work, {
    problem: ({ record, line }, outcome, detail) => {
      problems.push({ id: `${record.id}/${line}`, outcome, detail });
    },
    made: (path, folder, made) => writeReceipts(work, path, folder, made),
  });
  const { decryption } = work.gate;
  const reading = decryption === null ? null : { decryption, spoolPath: work.spool.path };
  const reader = { ...work, reading, store: (name: string) => work.gate.find(name) };
  const folders: FolderProblem[] = [];
  for (const [path, parts] of await byFolder(work, wanted, target)) {
    // A folder that the server refuses costs itself alone.
    await costsItself(
      async () => {
        const once = await onceEach(work.catalog, parts);
        const labelled = target === null && (await isAllMail(work, path));
        const folder = await upload.folder(path, await soughtOf(work, once), labelled);
        for await (const message of readArchived(reader, once, damaged)) {
          await folder.put(message);
          if (upload.isFull) break;
        }
        await folder.flush();
      },
      (error) => void folders.push(problemOf(path, error)),
    );
    if (upload.isFull) break;
  }
  const { added, present } = upload.report();
  return { restored: added, present, problems, folders };
}

async function byFolder(
  work: AccountWork,
  wanted: readonly Wanted[],
  target: string | null,
): Promise<ReadonlyMap<string, readonly Wanted[]>> {
  const folders = new Map<string, Wanted[]>();
  for (const part of wanted) {
    const path = target ?? (await originOf(work, part));
    folders.set(path, [...(folders.get(path) ?? []), part]);
  }
  return folders;
}

/**
 * The path that the mail came from. Where the server has no such folder, as after a move to another
 * server, its name is spelled with the prefix and delimiter of this one.
 */
async function originOf(work: AccountWork, { record }: Wanted): Promise<string> {
  const session = await work.connection.session();
  const folders = await session.folders();
  if (isImported(record)) return serverPath(folders, record.folder);
  if (folders.some(({ path }) => path === record.folder)) return record.folder;
  return movedPath(folders, record.folder);
}

/** On Gmail, mail that came from All Mail goes back there, once each, and gets its labels back. */
async function isAllMail(work: AccountWork, path: string): Promise<boolean> {
  const session = await work.connection.session();
  return session.capabilities.gmail && allMailOf(await session.folders())?.path === path;
}

async function soughtOf(work: AccountWork, parts: readonly Wanted[]): Promise<Sought> {
  const sizes = new Set<number>();
  const seconds = new Set<number>();
  for (const { record, lines } of parts) {
    const messages = await work.catalog.lines(record.id);
    for (const line of lines) {
      const message = messages[line];
      if (message === undefined) continue;
      sizes.add(message.size);
      seconds.add(secondsOf(new Date(message.internalDate)));
    }
  }
  return { sizes, seconds };
}

async function writeReceipts(
  work: LockedWork,
  path: string,
  folder: FolderState,
  made: readonly Made<ReadMessage>[],
): Promise<void> {
  const archives = new Map(made.map(({ message }) => [message.record.id, message.record]));
  for (const record of archives.values()) {
    const own = made.filter(({ message }) => message.record.id === record.id);
    const lines = own.map(({ message }) => message.line);
    const uids = own.map(({ uid }) => uid);
    const restored = { folder: path, uidValidity: folder.uidValidity, uids };
    await writeReceipt(work, record, { mode: 'append', lines, restored });
  }
}
