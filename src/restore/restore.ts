/**
 * `restore/`: archived mail on its way back. `restore.ts` decides what goes into which folder and
 * writes the receipts; `put-mail.ts` appends messages and counts copies, also for imports;
 * `compare.ts` fetches back what was appended and compares it. `targets.ts` finds the folder on the server for
 * each one of the archive, `target-folder.ts` names it, `kept-flags.ts` knows the keywords it keeps. `export.ts` writes mail into files
 * instead. Mail is only ever added to a server here, and an existing copy is not added again.
 * May import `archive` (for receipts), `read`, `work` and what is below the rooms.
 */
import { writeReceipt } from '../archive/receipt.ts';
import { sameAccount } from '../domain/account.ts';
import { type FolderMap, mapOf } from '../domain/folder-map.ts';
import type { FolderProblem } from '../domain/folder-problem.ts';
import { allMailOf, type FolderState } from '../domain/folder.ts';
import { isImported } from '../domain/imported.ts';
import type { Totals } from '../domain/plan.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import { type Damaged, type ReadMessage, readArchived } from '../read/read-archive.ts';
import { factsOf, onceEach, type Wanted } from '../read/wanted.ts';
import type { AccountWork } from '../work/account-work.ts';
import { problemOf } from '../work/isolate-folder.ts';
import { costsItself } from '../work/isolate.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { secondsOf, type Sought } from './compare.ts';
import { gmailLabels, KeptFlags, lastingFlags, type LostFlag } from './kept-flags.ts';
import { MailUpload } from './put-mail.ts';
import type { FolderPlace } from './target-folder.ts';
import { makeFolder, movedFolders, type MovedFolder, placesFor } from './targets.ts';
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
  /** Folders whose mail went to one of another account or name. */
  readonly moved: readonly MovedFolder[];
  /** Flags and keywords that the server does not keep, and how many messages had them. */
  readonly lostFlags: readonly LostFlag[];
}

/**
 * Puts archived messages back on the server with flags, keywords and INTERNALDATE: into `target`, or
 * where each came from, or to the place on this server that corresponds to it (see `targets.ts`).
 * Counts copies: afterwards the folder holds as many messages of each SHA-256 as are wanted, no more.
 * A full mailbox ends it.
 */
export async function restore(
  work: LockedWork,
  wanted: readonly Wanted[],
  target: string | null,
  maps: readonly FolderMap[] = [],
): Promise<RestoreReport> {
  const problems: RestoreProblem[] = [];
  const damaged = ({ record, line, reason, refused }: Damaged): void => {
    const id = line === null ? record.id : `${record.id}/${line}`;
    problems.push({ id, outcome: refused ? 'encrypted' : 'damaged', detail: reason });
  };
  await using upload = new MailUpload<ReadMessage>(work, {
    problem: ({ record, line }, outcome, detail) => {
      problems.push({ id: `${record.id}/${line}`, outcome, detail });
    },
    made: (path, folder, made) => writeReceipts(work, path, folder, made),
  });
  const { decryption } = work.gate;
  const reading = decryption === null ? null : { decryption, spoolPath: work.spool.path };
  const reader = { ...work, reading, store: (name: string) => work.gate.find(name) };
  const folders: FolderProblem[] = [];
  const moved: MovedFolder[] = [];
  const lostFlags: LostFlag[] = [];
  for (const { place, parts } of await byFolder(work, wanted, target, maps)) {
    // A folder that the server refuses costs itself alone.
    await costsItself(
      async () => {
        const path = await makeFolder(await work.connection.session(), place);
        const labelled = target === null && (await allMailOnGmail(work)) === path;
        const once = await onceEach(work.catalog, parts, labelled);
        moved.push(...movedFolders(work.account, parts, path));
        const sought = await soughtOf(work, once);
        const keeps = new KeptFlags(sought.keywords ? await lastingFlags(work, path) : null);
        const folder = await upload.folder(path, sought, labelled);
        let unlabelled = 0;
        await upload.settledAfter(async () => {
          for await (const message of readArchived(reader, once, damaged)) {
            // Of imported mail the import has said that labels make no folders.
            const loses = !labelled && target === null && !isImported(message.record);
            if (loses && (message.info.labels?.length ?? 0) > 0) unlabelled += 1;
            await folder.put(keeps.of(message));
            if (upload.isFull) break;
          }
          await folder.flush();
        });
        lostFlags.push(...keeps.lost(path));
        if (unlabelled > 0) lostFlags.push({ folder: path, flag: gmailLabels, messages: unlabelled });
      },
      (error) => void folders.push(problemOf(place.path, error)),
    );
    if (upload.isFull) break;
  }
  const { added, present } = upload.report();
  return { restored: added, present, problems, folders, moved, lostFlags };
}

interface FolderParts {
  readonly place: FolderPlace;
  readonly parts: readonly Wanted[];
}

/** The wanted messages by the folder that they go to. */
async function byFolder(
  work: LockedWork,
  wanted: readonly Wanted[],
  target: string | null,
  maps: readonly FolderMap[],
): Promise<readonly FolderParts[]> {
  const places = await placesFor(work, wanted, target, maps);
  const folders = new Map<string, { readonly place: FolderPlace; readonly parts: Wanted[] }>();
  const add = (place: FolderPlace, part: Wanted): void => {
    if (part.lines.length === 0) return;
    const known = folders.get(place.path) ?? { place, parts: [] };
    known.parts.push(part);
    folders.set(place.path, known);
  };
  const allMail = target === null ? await allMailOnGmail(work) : null;
  for (const { record, lines } of wanted) {
    const takesLabels = allMail !== null && isImported(record) && !isMapped(record, maps);
    const labelled = new Set(takesLabels ? await labelledLines(work, record) : []);
    if (allMail !== null)
      add(
        { path: allMail, otherPaths: [], role: null },
        { record, lines: lines.filter((line) => labelled.has(line)) },
      );
    add(places(record), { record, lines: lines.filter((line) => !labelled.has(line)) });
  }
  return [...folders.values()];
}

/** Imported mail with labels of Gmail, such as that of a Takeout: on Gmail it is in All Mail under all of them. */
async function labelledLines({ catalog }: AccountWork, { id }: ArchiveRecord): Promise<readonly number[]> {
  const messages = await catalog.lines(id);
  return messages.flatMap(({ labels }, line) => (labels.length > 0 ? [line] : []));
}

function isMapped({ folder }: ArchiveRecord, maps: readonly FolderMap[]): boolean {
  return mapOf(maps, folder.split('/')) !== null;
}

/** On Gmail, mail that came from All Mail goes back there, once each, and gets its labels back. */
async function allMailOnGmail(work: AccountWork): Promise<string | null> {
  const session = await work.connection.session();
  return session.capabilities.gmail ? (allMailOf(await session.folders())?.path ?? null) : null;
}

async function soughtOf(
  work: AccountWork,
  parts: readonly Wanted[],
): Promise<Sought & { readonly keywords: boolean }> {
  const sizes = new Set<number>();
  let keywords = false;
  const seconds = new Set<number>();
  for (const part of parts)
    for await (const messages of factsOf(work.catalog, part))
      for (const { size, internalDate, flags } of messages) {
        sizes.add(size);
        seconds.add(secondsOf(internalDate));
        keywords ||= flags.some((flag) => !flag.startsWith('\\'));
      }
  return { sizes, seconds, keywords };
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
    const elsewhere = sameAccount(work.account, record) ? {} : work.account;
    const restored = { ...elsewhere, folder: path, uidValidity: folder.uidValidity, uids };
    await writeReceipt(work, record, { mode: 'append', lines, restored });
  }
}
