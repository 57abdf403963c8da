import { z } from 'zod';
import { runResults } from '../domain/run-result.ts';
import type { RunRecord } from '../ports/records.ts';
import type { RunLine } from '../ports/watch.ts';
import { reasonOf } from '../watch/policy-results.ts';
import { type RunReport, skippedTexts } from '../work/report.ts';
import type { CsvTable } from './csv.ts';
import { account, iso, isoInstant, totalsSchema } from './document.ts';

const done = {
  mode: z.enum(['plan', 'enforce']),
  archived: totalsSchema,
  deleted: totalsSchema,
  skipped: z.array(
    z.strictObject({
      /** Missing in reports of versions that had none. */
      code: z.string().optional(),
      reason: z.string(),
      messages: z.int(),
    }),
  ),
  /** What happened folder by folder; missing in reports of versions that had none. */
  folders: z
    .array(
      z.strictObject({
        path: z.string(),
        archived: totalsSchema,
        deleted: totalsSchema,
        skipped: z.string().nullable(),
      }),
    )
    .default([]),
  errors: z.array(z.strictObject({ code: z.string(), message: z.string() })),
  notices: z.array(z.string()),
  limits: z.array(
    z.strictObject({
      limit: z.enum(['maxMessages', 'maxBytes', 'maxPercent']),
      allowed: z.number(),
      wanted: z.number(),
      of: z.enum(['messages', 'bytes']),
    }),
  ),
} as const;

const report = z.object(done);

/** What one policy did to one account, as `run --json` shows it. */
export const runReportSchema = z.strictObject({
  policy: z.string(),
  ...account,
  ...done,
  planned: z.int().optional(),
});

export function runReportJson(found: RunReport): z.infer<typeof runReportSchema> {
  const { policy, server, account: name, mode, archived, deleted, plan } = found;
  const planned =
    mode === 'plan' && plan !== null
      ? { planned: plan.folders.reduce((sum, folder) => sum + folder.messages.length, 0) }
      : {};
  return {
    policy,
    server,
    account: name,
    mode,
    archived,
    deleted,
    skipped: [...skippedTexts(found.skipped)],
    folders: [...found.folders],
    errors: [...found.errors],
    notices: [...found.notices],
    limits: [...found.limits],
    ...planned,
  };
}

/** A run that the catalog has recorded. While it is running, its report is null. */
export const recordedRunSchema = z.strictObject({
  id: z.string(),
  policy: z.string(),
  ...account,
  started: isoInstant,
  finished: isoInstant.nullable(),
  result: z.enum(runResults).nullable(),
  report: z.strictObject(done).nullable(),
});

export type RecordedRun = z.infer<typeof recordedRunSchema>;

/** @throws ZodError when the catalog holds something other than a report. */
export function recordedRunJson(run: RunRecord): RecordedRun {
  return {
    id: run.id,
    policy: run.policy,
    server: run.server,
    account: run.account,
    started: run.started.toISOString(),
    finished: iso(run.finished),
    result: run.result,
    report: run.report === null ? null : report.parse(JSON.parse(run.report)),
  };
}

const doneShape = z.object({ archived: totalsSchema, deleted: totalsSchema });
const nothingDone: z.infer<typeof doneShape> = {
  archived: { messages: 0, bytes: 0 },
  deleted: { messages: 0, bytes: 0 },
};

/** What a run archived and deleted. Reads less of the report than `recordedRunJson`: there may be thousands. */
export function doneOf({ report: json }: Pick<RunRecord, 'report'>): z.infer<typeof doneShape> {
  return json === null ? nothingDone : doneShape.parse(JSON.parse(json));
}

/** It did something, went wrong, or has not ended. */
export function hadWork(run: RunRecord): boolean {
  const { archived, deleted } = doneOf(run);
  return run.result !== 'success' || archived.messages + deleted.messages > 0;
}

/** A run without its report. */
export const runMentionSchema = recordedRunSchema.omit({ id: true, report: true });

export function runMentionJson(run: RunRecord): z.infer<typeof runMentionSchema> {
  const { policy, server, account: name, started } = run;
  const finished = iso(run.finished);
  return {
    policy,
    server,
    account: name,
    started: started.toISOString(),
    finished,
    result: run.result,
  };
}

export const runLineSchema = z.strictObject({
  at: isoInstant,
  level: z.enum(['info', 'warn', 'error']),
  text: z.string(),
});

export function runLineJson({ at, level, text }: RunLine): z.infer<typeof runLineSchema> {
  return { at: at.toISOString(), level, text };
}

/** One line for each run, as `runs --csv` and the page give it. */
export function runsCsv(runs: readonly RunRecord[]): CsvTable {
  const titles =
    'run,policy,server,account,started,finished,result,archived_messages,archived_bytes,deleted_messages,deleted_bytes,error';
  return {
    titles: titles.split(','),
    rows: runs.map((run) => {
      const { archived, deleted } = doneOf(run);
      return [
        run.id,
        run.policy,
        run.server,
        run.account,
        run.started,
        run.finished,
        run.result,
        archived.messages,
        archived.bytes,
        deleted.messages,
        deleted.bytes,
        reasonOf(run),
      ];
    }),
  };
}
