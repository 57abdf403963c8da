import type { AccountRef } from '../domain/account.ts';
import { skippedText } from '../domain/folder-problem.ts';
import { errorMessage } from '../errors.ts';
import { accountPauseText } from '../work/account-pause.ts';
import type { QuotaRound } from '../upkeep/listed-quotas.ts';
import { scanAccount } from '../upkeep/scan.ts';
import type { JobContext } from './job-context.ts';
import { nearFullJob } from './notice-job.ts';
import { spaceOf } from './space.ts';
import { showScan } from './telemetry.ts';

/** How one account is read. */
interface ScanWish {
  readonly folders: boolean;
  /** Where its quota may be known without a login; null: log in. */
  readonly quotas: QuotaRound | null;
}

/**
 * Reads the quota of one account, and its folder sizes when asked, and sends its owner a notice when
 * it is nearly full. Reading needs no lock. Never throws.
 */
export async function scanJob(context: JobContext, ref: AccountRef, wish: ScanWish): Promise<void> {
  const fields = { server: ref.server, account: ref.account };
  try {
    const listed = (await wish.quotas?.of(ref)) ?? null;
    if (listed !== null || (await mayLogIn(context, ref))) await scanOne(context, ref, wish);
  } catch (error) {
    context.log.error(`the scan failed: ${errorMessage(error)}`, fields);
  }
}

async function mayLogIn({ active, metrics, log, servers }: JobContext, ref: AccountRef): Promise<boolean> {
  // Not recorded: with many accounts that would be thousands of writes, and it says nothing of them.
  if (servers.refusal(ref.server) !== null) {
    metrics.accountFailed(ref);
    return false;
  }
  // Each login would prolong it.
  const left = await active.app.catalog.accountPause(ref);
  if (left === null || active.app.clock.now() >= left.until) return true;
  log.debug(`not scanned: ${accountPauseText(left)}`, { server: ref.server, account: ref.account });
  return false;
}

async function scanOne(context: JobContext, ref: AccountRef, { folders, quotas }: ScanWish): Promise<void> {
  const { metrics, log, activity, active, servers } = context;
  const fields = { server: ref.server, account: ref.account };
  using _activity = activity.begin('scan', ref);
  const result = await scanAccount({ ...active.app, quotas, waits: true }, ref, folders);
  await showScan(metrics, active.app.catalog, result);
  for (const { path, ...rest } of result.skipped)
    log.warn(`folder "${path}" ${skippedText({ path, ...rest })}`, fields);
  for (const { text } of result.oddities) log.warn(text, fields);
  if (result.error === null) return await nearFullJob(context, ref, result.roots);
  // A server that is down was logged once.
  const level = servers.refusal(ref.server) === null ? 'warn' : 'debug';
  log[level](`the scan failed: ${errorMessage(result.error)}`, { ...fields, code: result.error.code });
}

/** Checks whether the stores are reachable, fit for use, and the ones that the catalog knows. */
export async function probeStores({ active, stores }: JobContext): Promise<void> {
  await stores.probe(active.app, await spaceOf(active.config, active.app.catalog));
}

/** Calls back when every account of a scan has been read, with its folders if the scan is about them. */
export class ScanRound {
  readonly #left = new Set<string>();
  readonly #finished: () => void;

  readonly #folders: boolean;

  constructor(keys: readonly string[], finished: () => void, folders = false) {
    this.#folders = folders;
    for (const key of keys) this.#left.add(key);
    this.#finished = finished;
  }

  done(key: string, folders: boolean): void {
    if (this.#folders && !folders) return;
    if (this.#left.delete(key) && this.#left.size === 0) this.#finished();
  }
}
