import type { App } from '../compose.ts';
import { bytes } from '../domain/brands.ts';
import { countOf } from '../domain/count.ts';
import { formatBytes } from '../domain/size.ts';
import { MothballError } from '../errors.ts';
import { type ExpireOptions, expireStore, type ExpireWork } from '../expire/expire.ts';
import { type ExpiryPlan, planExpiry } from '../expire/plan.ts';
import { requirePlausibleClock } from '../preflight/clock-check.ts';
import { localUser } from './audit.ts';
import {
  type CommonOptions,
  confirmed,
  type Context,
  printJson,
  selectAccounts,
  withApp,
} from './context.ts';
import { eraseAccount } from './erase.ts';
import { exit, type ExitCode, exitCodeOf, strongest } from './exit-code.ts';
import { expiryJson, type ExpiryOutcome, showExpiry } from './expire-output.ts';

export interface ExpireFlags extends CommonOptions {
  readonly store?: string;
  readonly dryRun?: boolean;
  readonly liftLimits?: boolean;
  readonly orphans?: boolean;
  readonly quarantined?: boolean;
  readonly reason?: string;
}

/** Removes archives past their policy's `retain`; with `--reason`, all archives of one account. */
export async function expireCommand(
  context: Context,
  _args: readonly string[],
  flags: ExpireFlags,
): Promise<ExitCode> {
  if (flags.reason !== undefined) return eraseAccount(context, flags.reason, flags.dryRun === true);
  return withApp(context, flags.dryRun === true ? 'read-only' : 'existing', async (app) => {
    const works = storesOf(app, flags.store).map((name) => app.expireWork(name, localUser()));
    const options: ExpireOptions = {
      accounts: flags.account === undefined ? null : selectAccounts(app.config, context),
      quarantined: flags.quarantined === true,
      liftLimits: flags.liftLimits === true,
      orphans: flags.orphans === true,
    };
    const asks = flags.yes !== true && context.io.interactive && flags.dryRun !== true;
    if (asks && !(await confirmed(context, await question(works, options)))) {
      context.io.err('nothing was done');
      return exit.ok;
    }
    const outcomes: ExpiryOutcome[] = [];
    const codes: ExitCode[] = [];
    for (const work of works) {
      app.signal.throwIfAborted();
      try {
        outcomes.push(flags.dryRun === true ? await dryRun(work, options) : await act(work, options));
      } catch (error) {
        if (app.signal.aborted) throw error;
        context.io.problem(error);
        codes.push(works.length === 1 ? exitCodeOf(error) : exit.partial);
      }
    }
    if (flags.json === true)
      printJson(context.io, 'expire', { dryRun: flags.dryRun === true, stores: outcomes.map(expiryJson) });
    else for (const outcome of outcomes) showExpiry(context.io, outcome);
    const nothingWorked = codes.length === works.length && works.length > 1;
    return strongest([...codes, ...outcomes.map(codeOf), ...(nothingWorked ? [exit.failure] : [])]);
  });
}

function storesOf(app: App, name: string | undefined): readonly string[] {
  const stores = [...app.stores.keys()].filter((store) => name === undefined || store === name);
  if (stores.length > 0) return stores;
  throw new MothballError(
    {
      fact: `there is no store "${name ?? ''}"`,
      notDone: 'nothing was removed',
      remedy: `The stores are: ${[...app.stores.keys()].join(', ')}`,
    },
    { code: 'usage' },
  );
}

async function planOf(work: ExpireWork, options: ExpireOptions): Promise<ExpiryPlan> {
  await requirePlausibleClock(work, 'no archive was removed');
  return planExpiry({ ...work, now: work.clock.now() }, options);
}

async function question(works: readonly ExpireWork[], options: ExpireOptions): Promise<string> {
  const plans = await Promise.all(works.map((work) => planOf(work, options)));
  const records = plans.flatMap((plan) => plan.expire.map(({ record }) => record));
  const size = formatBytes(bytes(records.reduce((sum, record) => sum + record.bytes, 0)));
  const orphans = plans
    .flatMap((plan) => plan.orphans)
    .filter(({ reason }) => options.orphans && reason === null);
  const also = orphans.length === 0 ? '' : ` and ${countOf(orphans.length, 'orphan')}`;
  const lift = options.liftLimits ? ' WITHOUT the safety limit' : '';
  return `Remove ${countOf(records.length, 'archive')} with ${size} of mail${also} for good${lift}?`;
}

async function dryRun(work: ExpireWork, options: ExpireOptions): Promise<ExpiryOutcome> {
  const { store, expire, keep, unfinished, orphans, leftovers, limits, errors } = await planOf(work, options);
  const finished = unfinished.map(({ record }) => record);
  return {
    kind: 'plan',
    report: { store, removed: expire, kept: keep, finished, orphans, leftovers, limits, errors },
  };
}

async function act(work: ExpireWork, options: ExpireOptions): Promise<ExpiryOutcome> {
  const report = await expireStore(work, options);
  return report === null ? { kind: 'locked', store: work.store.name } : { kind: 'done', report };
}

function codeOf(outcome: ExpiryOutcome, _index: number, all: readonly ExpiryOutcome[]): ExitCode {
  if (outcome.kind === 'locked')
    return all.every(({ kind }) => kind === 'locked') ? exit.locked : exit.partial;
  const { report } = outcome;
  if (outcome.kind === 'done' && report.limits.length > 0) return exit.limit;
  if (report.errors.length === 0) return exit.ok;
  const locked = report.errors.every(({ code }) => code === 'locked');
  if (report.removed.length + report.finished.length > 0 || outcome.kind === 'plan') return exit.partial;
  return locked ? exit.locked : exit.failure;
}
