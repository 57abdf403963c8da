import type { Totals } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import type { ArchiveRecord, DeleteEntry } from '../ports/records.ts';

/** A policy that deletes. */
export type DeletingPolicy = Policy & { readonly delete: NonNullable<Policy['delete']> };

/** Lines of one archive whose time has come, with the policy as it is now. */
export interface Due {
  readonly record: ArchiveRecord;
  readonly entries: readonly DeleteEntry[];
  readonly policy: DeletingPolicy;
}

/** Lines of one archive that may be due: only numbers, as there can be very many. */
export interface DueLines {
  readonly record: ArchiveRecord;
  readonly lines: ReadonlySet<number>;
  readonly totals: Totals;
  readonly policy: DeletingPolicy;
}

/** A message that passed the recheck, with its flags as they were then. */
export interface Target {
  readonly entry: DeleteEntry;
  readonly flags: readonly string[];
}
