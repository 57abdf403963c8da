import { z } from 'zod';
import { runResults } from '../domain/run-result.ts';
import { worstOf } from '../watch/policy-results.ts';
import type { Status } from '../watch/status.ts';
import { account, isoInstant, iso } from './document.ts';
import { runMentionJson, runMentionSchema } from './runs.ts';

const postponed = z.strictObject({ ...account, reason: z.string(), until: isoInstant });

const daemonSchema = z.strictObject({
  id: z.string(),
  host: z.string(),
  pid: z.int(),
  started: isoInstant,
  seen: isoInstant,
  state: z.strictObject({
    jobs: z.array(
      z.strictObject({
        kind: z.enum(['run', 'scan', 'scrub', 'expire', 'plan', 'restore']),
        server: z.string().nullable(),
        account: z.string().nullable(),
        since: isoInstant,
      }),
    ),
    waiting: z.int(),
    postponed: z.array(postponed),
    reload: z.strictObject({ ok: z.boolean(), at: isoInstant, problems: z.array(z.string()) }),
    stopping: z.boolean(),
    leader: z.boolean(),
  }),
});

export const policyStatusSchema = z.strictObject({
  policy: z.string(),
  mode: z.enum(['plan', 'enforce']),
  schedule: z.string().nullable(),
  next: isoInstant.nullable(),
  last: runMentionSchema.nullable(),
  /** The worst of the latest runs on its accounts; `running` where none is worse. */
  result: z.enum([...runResults, 'running']).nullable(),
  /** How the latest run on each of its accounts ended. */
  results: z.strictObject({
    ok: z.int(),
    partial: z.int(),
    failed: z.int(),
    limit: z.int(),
    interrupted: z.int(),
    running: z.int(),
  }),
});

export const statusShape = {
  at: isoInstant,
  daemons: z.array(daemonSchema),
  pause: z.strictObject({ since: isoInstant, who: z.string(), reason: z.string().nullable() }).nullable(),
  running: z.array(runMentionSchema),
  policies: z.array(policyStatusSchema),
  jobs: z.array(z.strictObject({ job: z.string(), schedule: z.string(), next: isoInstant.nullable() })),
  held: z.strictObject({
    postponed: z.array(postponed),
    paused: z.array(z.strictObject({ ...account, reason: z.string(), since: isoInstant, until: isoInstant })),
    runs: z.array(runMentionSchema.extend({ reason: z.string().nullable() })),
    quarantined: z.array(
      z.strictObject({ id: z.string(), store: z.string(), reason: z.string().nullable() }),
    ),
    pending: z.array(
      z.strictObject({
        ...account,
        policy: z.string(),
        messages: z.int(),
        bytes: z.int(),
        graceEnds: isoInstant.nullable(),
      }),
    ),
    stores: z.array(z.strictObject({ store: z.string(), reason: z.string() })),
    unread: z.array(z.strictObject({ ...account, at: isoInstant, reason: z.string() })),
  }),
  fullest: z.array(
    z.strictObject({ ...account, percent: z.number(), at: isoInstant, fullAt: isoInstant.nullable() }),
  ),
} as const;

const statusSchema = z.strictObject(statusShape);

/** One policy as `status --json` and the API show it. */
export function policyJson(policy: Status['policies'][number]): z.infer<typeof policyStatusSchema> {
  return {
    ...policy,
    next: iso(policy.next),
    last: policy.last === null ? null : runMentionJson(policy.last),
    result: worstOf(policy.results),
  };
}

/** The status as `status --json` and the API show it. */
export function statusJson(status: Status): z.infer<typeof statusSchema> {
  const { held, pause } = status;
  return {
    at: status.at.toISOString(),
    daemons: status.daemons.map(daemonJson),
    pause: pause === null ? null : { ...pause, since: pause.since.toISOString() },
    running: status.running.map(runMentionJson),
    policies: status.policies.map(policyJson),
    jobs: status.jobs.map((job) => ({ ...job, next: iso(job.next) })),
    held: {
      postponed: held.postponed.map((one) => ({ ...one, until: one.until.toISOString() })),
      paused: held.paused.map((one) => ({
        server: one.server,
        account: one.account,
        reason: one.words,
        since: one.since.toISOString(),
        until: one.until.toISOString(),
      })),
      runs: held.runs.map((run) => ({ ...runMentionJson(run), reason: run.reason })),
      quarantined: [...held.quarantined],
      pending: held.pending.map((one) => ({ ...one, graceEnds: iso(one.graceEnds) })),
      stores: [...held.stores],
      unread: held.unread.map((one) => ({ ...one, at: one.at.toISOString() })),
    },
    fullest: status.fullest.map((one) => ({ ...one, at: one.at.toISOString(), fullAt: iso(one.fullAt) })),
  };
}

function daemonJson({
  id,
  host,
  pid,
  started,
  seen,
  state,
}: Status['daemons'][number]): z.infer<typeof daemonSchema> {
  return {
    id,
    host,
    pid,
    started: started.toISOString(),
    seen: seen.toISOString(),
    state: {
      jobs: state.jobs.map(({ kind, server, account: name, since }) => ({
        kind,
        server,
        account: name,
        since: since.toISOString(),
      })),
      waiting: state.waiting,
      postponed: state.postponed.map((one) => ({ ...one, until: one.until.toISOString() })),
      reload: { ...state.reload, at: state.reload.at.toISOString() },
      stopping: state.stopping,
      leader: state.leader,
    },
  };
}
