import type { Sha256, Uid } from '../domain/brands.ts';
import type { FolderState } from '../domain/folder.ts';
import type { Totals } from '../domain/plan.ts';
import type { RestoreRecord } from '../ports/records.ts';
import type { LockedWork } from '../work/locked-work.ts';
import type { Copies, Outgoing } from './compare.ts';

/** A message that the server took, and that reads back as it was sent. */
export interface Made<M> {
  readonly message: M;
  readonly uid: Uid;
}

/** Callbacks while messages are uploaded. */
export interface UploadListener<M> {
  /** Before each group is APPENDed; an error ends the upload. */
  readonly before?: () => Promise<void>;
  readonly problem: (message: M, outcome: 'refused' | 'altered', detail: string) => void;
  /** After each group that was compared and recorded. */
  readonly made: (path: string, folder: FolderState, made: readonly Made<M>[]) => Promise<void>;
}

export interface UploadReport {
  readonly added: Totals;
  /** Messages that their folder held already. */
  readonly present: number;
  /** The server's words when the mailbox was full; nothing was tried after that. */
  readonly full: string | null;
}

/** A folder as the upload found or created it. */
export interface TargetFolder {
  readonly path: string;
  readonly state: FolderState;
  /** The copies that it holds; each counts for one message. */
  readonly there: Copies;
  /** How many copies of each an earlier restore put there, which the server altered. */
  readonly altered: Map<Sha256, number>;
  /** On Gmail, UIDs that restores made: their labels may not be complete. Null: there are no labels. */
  readonly made: ReadonlySet<Uid> | null;
}

/** The record of a message in a folder, but for what became of it. */
export function restoreRecord(
  { account, clock }: Pick<LockedWork, 'account' | 'clock'>,
  { path, state }: TargetFolder,
  { info }: Outgoing,
  uid: Uid | null,
): Omit<RestoreRecord, 'outcome' | 'detail'> {
  const { uidValidity } = state;
  return { ...account, folder: path, uidValidity, uid, sha256: info.sha256, at: clock.now() };
}
