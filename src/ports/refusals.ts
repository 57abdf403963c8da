import type { AccountRef } from '../domain/account.ts';
import type { FolderProblem } from '../domain/folder-problem.ts';
import type { AccountPauseRecords } from './account-pauses.ts';

/** A folder that was skipped, as the catalog remembers it. */
export interface FolderRefusal extends AccountRef, FolderProblem {
  /** Whether it could not be looked into, or could but delivered none of its mail. */
  readonly stage: 'look' | 'fetch';
  /** When it was refused first, without a success since. */
  readonly since: Date;
  /** How often by now. */
  readonly times: number;
  /** Before this a scheduled run does not ask again. */
  readonly next: Date;
}

/** Folders that are skipped, so that no run pays for them in full again, and paused accounts. */
export interface RefusalRecords extends AccountPauseRecords {
  /** Of one account, by path. */
  folderRefusals(account: AccountRef): Promise<readonly FolderRefusal[]>;
  /** Takes the place of what was remembered of this folder. */
  refuseFolder(refusal: FolderRefusal): Promise<void>;
  /** The folder can be looked at again. */
  forgetRefusal(account: AccountRef, path: string): Promise<void>;
}
