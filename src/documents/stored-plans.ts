import { z } from 'zod';
import type { PlanAmount, StoredPlan } from '../ports/stored-plans.ts';
import { account, iso, isoInstant } from './document.ts';

const amount = z.strictObject({ at: isoInstant, messages: z.int().min(0), bytes: z.int().min(0) }).nullable();

export const storedPlanSchema = z.strictObject({
  policy: z.string(),
  ...account,
  /** When it was last tried, and why that failed; null: it did not. */
  tried: isoInstant,
  error: z.string().nullable(),
  /** The last plan that could be made, and why the policy does nothing just now. */
  plan: amount,
  idle: z.string().nullable(),
  /** The plan before it, and the last one before the policy changed. */
  before: amount,
  changed: amount,
});

/** The last plan of a policy in plan mode on one account, as the API shows it. */
export function storedPlanJson(plan: StoredPlan): z.infer<typeof storedPlanSchema> {
  const { policy, server, account: name, tried, error, last, idle, before, changed } = plan;
  return {
    policy,
    server,
    account: name,
    tried: tried.toISOString(),
    error,
    plan: amountJson(last),
    idle,
    before: amountJson(before),
    changed: amountJson(changed),
  };
}

function amountJson(of: PlanAmount | null): z.infer<typeof amount> {
  return of === null ? null : { at: iso(of.at) ?? '', messages: of.messages, bytes: of.bytes };
}
