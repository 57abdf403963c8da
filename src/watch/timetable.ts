import type { Policy } from '../domain/policy.ts';
import type { KnownSchedule } from '../ports/watch.ts';

/** What a schedule is for. */
export type Task =
  | { readonly kind: 'policy'; readonly policy: Policy }
  | { readonly kind: 'scan' }
  | { readonly kind: 'scan folders' }
  | { readonly kind: 'expire' }
  | { readonly kind: 'scrub' }
  | { readonly kind: 'report' }
  | { readonly kind: 'plan' };

export interface TimetableEntry extends KnownSchedule {
  readonly task: Task;
}

/** The parts of a configuration that have schedules; null: never. */
export interface Scheduled {
  readonly policies: readonly Policy[];
  readonly scan: { readonly schedule: string; readonly folders: string | null };
  readonly expire: { readonly schedule: string } | null;
  readonly scrub: { readonly schedule: string | null };
  readonly reports: { readonly schedule: string; readonly timezone: string } | null;
  readonly plans: { readonly schedule: string | null };
}

/**
 * All schedules of a configuration. Policies in plan mode have none of their own: they are planned together,
 * at night.
 */
export function timetable({
  policies,
  scan,
  expire,
  scrub,
  reports,
  plans,
}: Scheduled): readonly TimetableEntry[] {
  const entries: TimetableEntry[] = policies.flatMap((policy) =>
    policy.schedule === null || policy.mode !== 'enforce'
      ? []
      : [
          {
            name: `policy ${policy.name}`,
            expression: policy.schedule,
            timezone: policy.timezone,
            task: { kind: 'policy', policy } as const,
          },
        ],
  );
  const own = (kind: Exclude<Task['kind'], 'policy'>, expression: string | null, timezone = 'UTC'): void => {
    if (expression !== null) entries.push({ name: kind, expression, timezone, task: { kind } });
  };
  own('scan', scan.schedule);
  own('scan folders', scan.folders);
  own('expire', expire?.schedule ?? null);
  own('scrub', scrub.schedule);
  own('report', reports?.schedule ?? null, reports?.timezone);
  if (policies.some(({ mode }) => mode === 'plan')) own('plan', plans.schedule);
  return entries;
}
