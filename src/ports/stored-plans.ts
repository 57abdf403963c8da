import type { AccountRef } from '../domain/account.ts';
import type { Idle } from '../domain/plan.ts';

/** What a plan came to. */
export interface PlanAmount {
  readonly at: Date;
  readonly messages: number;
  readonly bytes: number;
}

/** The last plan of a policy in plan mode on one account. */
export interface StoredPlan extends AccountRef {
  readonly policy: string;
  /** Of the policy when it was last planned. */
  readonly hash: string;
  /** When it was last tried, and why that failed; null: it did not. */
  readonly tried: Date;
  readonly error: string | null;
  /** The last plan that could be made; null: none yet. */
  readonly last: PlanAmount | null;
  /** Why the policy does nothing just now; null: it has something to look for. */
  readonly idle: Idle['kind'] | null;
  /** The plan before it. */
  readonly before: PlanAmount | null;
  /** The last plan before the policy was changed; null: it never was, as far as is known. */
  readonly changed: PlanAmount | null;
}

/** A plan that was made, or why it could not be. */
export interface NewPlan extends AccountRef {
  readonly policy: string;
  readonly hash: string;
  readonly at: Date;
  readonly made:
    | { readonly messages: number; readonly bytes: number; readonly idle: Idle['kind'] | null }
    | { readonly error: string };
}

/** The stored plans of one policy on all of its accounts. */
export interface PlanTotals {
  readonly policy: string;
  readonly hash: string;
  /** Accounts with a plan, and those whose last attempt failed. */
  readonly accounts: number;
  readonly failed: number;
  readonly messages: number;
  readonly bytes: number;
  /** Of the newest of the plans. */
  readonly newest: Date | null;
  /** By how much more than in the plan before; null: no account has one. */
  readonly sinceBefore: PlanDifference | null;
  /** By how much more than before the policy changed; null: it did not change. */
  readonly sinceChange: PlanDifference | null;
}

export interface PlanDifference {
  readonly messages: number;
  readonly bytes: number;
}

/** Plans that the daemon makes at night, one row for each policy and account. Errors as in `Catalog`. */
export interface StoredPlanRecords {
  /** The plan that was there becomes the one before; a failure keeps it. */
  storePlan(plan: NewPlan): Promise<void>;
  /** Of one account, by policy. */
  storedPlans(account: AccountRef): Promise<readonly StoredPlan[]>;
  /** Of these policies on these accounts, by policy and hash. */
  storedPlanTotals(
    policies: readonly string[],
    accounts: readonly AccountRef[],
  ): Promise<readonly PlanTotals[]>;
  /** Forgets those that were not tried since then: of policies and accounts that are gone. */
  forgetPlans(before: Date): Promise<void>;
}
