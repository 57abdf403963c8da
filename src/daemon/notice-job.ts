import type { AccountRef } from '../domain/account.ts';
import { fullestPercent } from '../domain/quota-band.ts';
import { noticeIsDue, noticeNearFull, notifyingPolicies } from '../notice/notify.ts';
import type { QuotaSample } from '../ports/watch.ts';
import { rootsOf } from '../watch/account-forecast.ts';
import type { Workplace } from './workplace.ts';

/**
 * Tells the owner of a mailbox that a scan found nearly full, when a policy wants it. Whatever keeps
 * it from being sent now, a pause or a run under way, is gone at a later scan.
 */
export async function nearFullJob(
  place: Workplace,
  ref: AccountRef,
  found: readonly QuotaSample[],
): Promise<void> {
  const { app, config } = place.site;
  const percent = fullestPercent(rootsOf(found)) ?? 0;
  const telling = notifyingPolicies(config.policies, ref).filter(({ notify }) => percent >= notify.nearFull);
  // A drain is what makes room; others are told of where there is none.
  const policy = telling.find(({ drainTo }) => drainTo !== null) ?? telling[0];
  if (policy === undefined || !(await noticeIsDue(app.catalog, ref, policy, app.clock.now()))) return;
  if (app.signal.aborted || (await app.catalog.paused()) !== null) return;
  await using lock = await app.locks.account(ref);
  if (lock === null) return;
  const work = app.work(ref);
  try {
    const result = await noticeNearFull(work, policy);
    const fields = { ...ref, policy: policy.name };
    if (result !== null) place.log[result.kind === 'sent' ? 'info' : 'warn'](result.text, fields);
  } finally {
    await work.line.drop().catch(() => undefined);
  }
}
