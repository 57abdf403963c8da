import type { Config } from '../config/config.ts';
import type { AccountRef } from '../domain/account.ts';
import { errorMessage, MothballError } from '../errors.ts';
import type { Log } from '../ports/log.ts';
import type { SharedRuns } from '../ports/queue.ts';
import { accountJob, type JobResult } from './account-job.ts';
import type { JobContext } from './job-context.ts';

/**
 * What is due for an account that replicas share. `given` is aborted when the queue gave the account to
 * another one, because this one was silent. Null: the configuration has no such account.
 */
export async function sharedRun(
  context: JobContext,
  ref: AccountRef,
  given: AbortSignal,
): Promise<JobResult | null> {
  const { active, due } = context;
  if (!active.has(ref)) return null;
  const taken = new AbortController();
  const gone = (): void =>
    taken.abort(
      new MothballError(
        { fact: 'the account was given to another replica', notDone: 'this one does no more there' },
        { code: 'interrupted' },
      ),
    );
  given.addEventListener('abort', gone, { once: true });
  if (given.aborted) gone();
  try {
    const outcome = await accountJob(context, ref, taken.signal);
    // Perhaps only from here: another replica may reach it.
    if (outcome.kind === 'waits')
      return { kind: 'later', reason: `server ${ref.server} does not answer this replica`, failed: false };
    if (outcome.kind !== 'done' || active.app.signal.aborted) return outcome;
    // A schedule that fired meanwhile added nothing, because this job was there.
    const more = (await due.policies(ref)).length > 0;
    return more ? { kind: 'later', reason: 'it became due again', failed: false } : outcome;
  } finally {
    given.removeEventListener('abort', gone);
  }
}

/** The servers that replicas share accounts of. What fails is tried again when accounts are added. */
export function showServers(runs: SharedRuns, { servers }: Config, log: Log): void {
  const limits = new Map([...servers.values()].map(({ name, maxConnections }) => [name, maxConnections]));
  runs
    .servers(limits)
    .catch((error: unknown) => log.warn(`the queues of the replicas failed: ${errorMessage(error)}`));
}

/** Puts accounts on the queue. False: it does not know for all of them how often they were put off. */
export async function addShared(
  { runs, log }: { readonly runs: SharedRuns; readonly log: Log },
  accounts: readonly AccountRef[],
  tries: number,
): Promise<boolean> {
  try {
    return await runs.add(accounts, tries);
  } catch (error) {
    // They are still due, and added again by the next schedule and by the leader.
    log.warn(`accounts were not put on the queue: ${errorMessage(error)}`);
    return false;
  }
}
