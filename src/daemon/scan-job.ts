import type { AccountRef } from '../domain/account.ts';
import { skippedText } from '../domain/folder-problem.ts';
import { errorMessage } from '../errors.ts';
import { accountPauseText } from '../work/account-pause.ts';
import { scanAccount } from '../upkeep/scan.ts';
import type { JobContext } from './job-context.ts';
import { nearFullJob } from './notice-job.ts';
import { spaceOf } from './space.ts';
import { showScan } from './telemetry.ts';

/**
 * Reads the quota of one account, and its folder sizes when asked, and sends its owner a notice when
 * it is nearly full. Reading needs no lock. Never throws.
 */
export async function scanJob(context: JobContext, ref: AccountRef, folders: boolean): Promise<void> {
  const { metrics, log, activity, active, servers } = context;
  const fields = { server: ref.server, account: ref.account };
  // Not recorded: with many accounts that would be thousands of writes, and it says nothing of them.
  if (servers.refusal(ref.server) !== null) return metrics.accountFailed(ref);
  // Each login would prolong it.
  const left = await active.app.catalog.accountPause(ref);
  if (left !== null && active.app.clock.now() < left.until)
    return log.debug(`not scanned: ${accountPauseText(left)}`, fields);
  using _activity = activity.begin('scan', ref);
  try {
    const result = await scanAccount({ ...active.app, waits: true }, ref, folders);
    await showScan(metrics, active.app.catalog, result);
    for (const { path, ...rest } of result.skipped)
      log.warn(`folder "${path}" ${skippedText({ path, ...rest })}`, fields);
    for (const { text } of result.oddities) log.warn(text, fields);
    if (result.error === null) return await nearFullJob(context, ref, result.roots);
    // A server that is down was logged once.
    const level = servers.refusal(ref.server) === null ? 'warn' : 'debug';
    log[level](`the scan failed: ${errorMessage(result.error)}`, { ...fields, code: result.error.code });
  } catch (error) {
    log.error(`the scan failed: ${errorMessage(error)}`, fields);
  }
}

/** Checks whether the stores are reachable, fit for use, and the ones that the catalog knows. */
export async function probeStores({ active, stores }: JobContext): Promise<void> {
  await stores.probe(active.app, await spaceOf(active.config));
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
