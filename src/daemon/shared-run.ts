import type { AccountRef } from '../domain/account.ts';
import { MothballError } from '../errors.ts';
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
