import { bytes } from '../../src/domain/brands.ts';
import type { QuotaRoot } from '../../src/domain/quota.ts';
import { type AccountSnapshot, type Inventory, Metrics } from '../../src/metrics/metrics.ts';
import type { RunReport } from '../../src/work/report.ts';
import { type Sample, samplesOf } from '../oracle/exposition.ts';

export const alice = { server: 'main', account: 'alice@example.com' };
export const bob = { server: 'main', account: 'bob@example.com' };
export const dawn = new Date('2026-11-20T04:00:00Z');

const archive = { to: 'cold', format: 'mbox', compression: 'zstd', minBytes: null, maxWait: null } as const;

/** A policy for all accounts, or those that fit. */
export function entry(
  name: string,
  schedule: string | null = null,
  include: readonly string[] = ['*'],
  mode: 'plan' | 'enforce' = 'enforce',
) {
  return { policy: { name, mode, schedule, accounts: { include, exclude: [] }, archive }, created: dawn };
}

export function inventory(changes: Partial<Inventory> = {}): Inventory {
  return {
    servers: ['main'],
    stores: ['local'],
    accounts: [alice, bob],
    policies: [entry('old')],
    scanSchedule: '*/15 * * * *',
    accountSeries: null,
    folderSeries: false,
    ...changes,
  };
}

export function metricsOf(changes: Partial<Inventory> = {}): Metrics {
  const metrics = new Metrics('1.2.3', { process: false });
  metrics.configure(inventory(changes));
  return metrics;
}

/** A quota root that is so many percent full, of 1,000 octets. */
export function root(percent: number, changes: Partial<QuotaRoot> = {}): QuotaRoot {
  const storage = { used: bytes(percent * 10), limit: bytes(1_000) };
  return { name: 'User quota', storage, message: null, folders: [], ...changes };
}

export function snapshot(ref: typeof alice, ...roots: readonly QuotaRoot[]): AccountSnapshot {
  return { ...ref, roots, fullAt: null, folders: null };
}

export function report(changes: Partial<RunReport> = {}): RunReport {
  const nothing = { messages: 0, bytes: bytes(0) };
  return {
    ...alice,
    policy: 'old',
    mode: 'enforce',
    archived: nothing,
    deleted: nothing,
    skipped: [],
    folders: [],
    errors: [],
    notices: [],
    limits: [],
    plan: null,
    ...changes,
  };
}

export async function textOf(metrics: Metrics): Promise<string> {
  let text = '';
  for await (const piece of metrics.text()) text += piece;
  return text;
}

export async function exposed(metrics: Metrics): Promise<readonly Sample[]> {
  return samplesOf(await textOf(metrics));
}
