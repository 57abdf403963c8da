import type { AccountRef } from '../domain/account.ts';
import { fullestPercent } from '../domain/quota-band.ts';
import { noticeIsDue, noticeNearFull, notifyingPolicies } from '../notice/notify.ts';
import type { QuotaSample } from '../ports/watch.ts';
import { rootsOf } from '../watch/account-forecast.ts';
import type { JobContext } from './job-context.ts';

/**
 * Sends a notice to the owner of a mailbox that a scan found nearly full, if a policy wants it. If a
 * pause or a running job prevents it now, a later scan tries again.
 */
export async function nearFullJob(
  context: JobContext,
  ref: AccountRef,
  found: readonly QuotaSample[],
): Promise<void> {
  const { app, config } = context.active;
  const percent = fullestPercent(rootsOf(found)) ?? 0;
  const notifying = notifyingPolicies(config.policies, ref).filter(
    ({ notify }) => percent >= notify.nearFull,
  );
  // A policy that drains makes room, so its notice comes first.
  const policy = notifying.find(({ drainTo }) => drainTo !== null) ?? notifying[0];
  if (policy === undefined || !(await noticeIsDue(app.catalog, ref, policy, app.clock.now()))) return;
  if (app.signal.aborted || (await app.catalog.paused()) !== null) return;
  await app.withAccount(ref, async (work) => {
    const result = await noticeNearFull(work, policy);
    const fields = { ...ref, policy: policy.name };
    if (result !== null) context.log[result.kind === 'sent' ? 'info' : 'warn'](result.text, fields);
  });
}
