import { fieldOf, part } from './check.ts';
import { normaliseHttp } from './normalise-http.ts';
import { normaliseOnRun } from './normalise-on-run.ts';
import { normaliseReports } from './normalise-reports.ts';
import {
  auditSchema,
  daemonSchema,
  logSchema,
  onRunSchema,
  plansSchema,
  scrubSchema,
} from './schema-daemon.ts';
import { httpSchema } from './schema-http.ts';
import { mainSchema, metricsSchema, scanSchema } from './schema-main.ts';
import { reportsSchema } from './schema-reports.ts';
import type { Scope } from './scope.ts';
import type { Settings } from './settings.ts';

/** The parts of mothball.yaml that only the daemon acts on. */
export function normaliseSettings(scope: Scope): Settings {
  const raw = (key: string): unknown => fieldOf(scope.source.value, key);
  const http = part(httpSchema, raw('http'));
  const scan = part(scanSchema, raw('scan') ?? {}) ?? scanSchema.parse({});
  const scrub = part(scrubSchema, raw('scrub') ?? {}) ?? scrubSchema.parse({});
  const plans = part(plansSchema, raw('plans') ?? {}) ?? plansSchema.parse({});
  const daemon = part(daemonSchema, raw('daemon') ?? {}) ?? daemonSchema.parse({});
  const metrics = part(metricsSchema, raw('metrics'));
  return {
    http: http === undefined ? null : normaliseHttp(scope, http),
    scan: { schedule: scan.schedule, folders: scan.folders === 'off' ? null : scan.folders },
    metrics: { accounts: metrics?.accounts ?? null, folders: metrics?.folders ?? false },
    expire: part(mainSchema.shape.expire, raw('expire')) ?? null,
    scrub: { ...scrub, schedule: scrub.schedule === 'off' ? null : scrub.schedule },
    plans: { schedule: plans.schedule === 'off' ? null : plans.schedule },
    audit: part(auditSchema, raw('audit') ?? {}) ?? auditSchema.parse({}),
    onRun: normaliseOnRun(part(onRunSchema, raw('onRun'))),
    reports: normaliseReports(scope, part(reportsSchema, raw('reports'))),
    daemon: { graceMs: daemon.grace, jitterMs: daemon.jitter },
    log: part(logSchema, raw('log') ?? {}) ?? logSchema.parse({}),
  };
}
