import type { AccountRef } from '../domain/account.ts';
import { MothballError } from '../errors.ts';
import type { Lock, Locks, Permit } from '../ports/locks.ts';
import type { Mail, MailSession } from '../ports/mail.ts';
import type { AccountWork } from './account-work.ts';
import { recordTraffic } from './account-pause.ts';
import { Connection } from './connection.ts';
import { FolderIsolation } from './isolate-folder.ts';
import { ReadBack } from './read-back.ts';
import { SecondSessions } from './second-sessions.ts';

/** Not exported: nobody else can make a LockedWork (SAFETY I6). */
const lock = Symbol('the lock of the account');

/** What is needed to change one account. It exists only while its lock is held. */
export interface LockedWork extends AccountWork {
  readonly connection: Connection<MailSession>;
  /** Sessions beside `connection`. */
  readonly secondSessions: SecondSessions;
  /** UUID of the run; goes into manifests and receipts. */
  readonly run: string;
  /** When this work on the account began. */
  readonly started: Date;
  /** Name and version of the program, for manifests. */
  readonly tool: string;
  /** What this run has read back. */
  readonly readBack: ReadBack;
  readonly [lock]: Lock;
}

/** Asked before something is changed outside of the catalog and of the mail server, which ask by themselves. */
export function permitOf(work: LockedWork): Permit {
  return work[lock];
}

/** What a lock turns into a LockedWork. */
export interface Lockable {
  readonly locks: Locks;
  readonly mail: Mail;
  readonly run: string;
  readonly tool: string;
  readonly parts: Omit<AccountWork, 'connection' | 'folders'>;
  /** Whether folders that were refused are left alone until their pause is over; default: they are asked for. */
  readonly waits?: boolean;
}

/**
 * Does the job under the account's lock, and logs out before the lock is released. Answers `locked`
 * at once, without calling the job, when another process holds it.
 */
export async function withLock<T extends object | void>(
  { locks, mail, run, tool, parts, waits = false }: Lockable,
  job: (work: LockedWork) => Promise<T>,
): Promise<T | 'locked'> {
  await using held = await locks.account(parts.account);
  if (held === null) return 'locked';
  await using connection = new Connection(() => mail.open(parts.account, undefined, held));
  const guarded = { ...parts, catalog: held.fenced ?? parts.catalog };
  const signal = AbortSignal.any([parts.signal, held.lost]);
  const folders = new FolderIsolation({ ...guarded, connection, remembers: true, waits });
  // Awaited here: the lock is held until the job has ended.
  const work = {
    ...guarded,
    signal,
    connection,
    secondSessions: new SecondSessions({
      open: async () => (await mail.openBeside?.(parts.account, held)) ?? null,
      note: (line) => parts.progress.note(`${parts.account.account}: ${line}`),
    }),
    folders,
    run,
    tool,
    started: parts.clock.now(),
    readBack: new ReadBack(),
    [lock]: held,
  };
  try {
    return await job(work);
  } finally {
    // Not worth an error in place of that of the job: the next run counts what follows.
    await recordTraffic({ ...guarded, connection }).catch(() => undefined);
  }
}

/** What to say where an account or a store is locked. `notDone` names what was left undone. */
export function lockedError(what: AccountRef | { readonly store: string }, notDone: string): MothballError {
  const name = 'store' in what ? `store ${what.store}` : `${what.account} on ${what.server}`;
  return new MothballError(
    {
      fact: `${name} is locked by another mothball process`,
      notDone,
      remedy: 'Try again when it has finished',
    },
    { code: 'locked', retryable: true },
  );
}
