import type { AccountRef } from '../domain/account.ts';
import { errorMessage } from '../errors.ts';
import { scanAccount } from '../upkeep/scan.ts';
import { nearFullJob } from './notice-job.ts';
import { showScan } from './telemetry.ts';
import type { Workplace } from './workplace.ts';

/**
 * Reads quota, and folder sizes when asked, of one account, and tells its owner when
 * it is nearly full. The reading needs no lock. Never throws.
 */
export async function scanJob(place: Workplace, ref: AccountRef, folders: boolean): Promise<void> {
  const { metrics, log, activity, site } = place;
  const fields = { server: ref.server, account: ref.account };
  using _activity = activity.begin('scan', ref);
  try {
    const result = await scanAccount(site.app, ref, folders);
    await showScan(metrics, site.app.catalog, result);
    if (result.error === null) return await nearFullJob(place, ref, result.roots);
    log.warn(`the scan failed: ${errorMessage(result.error)}`, { ...fields, code: result.error.code });
  } catch (error) {
    log.error(`the scan failed: ${errorMessage(error)}`, fields);
  }
}

/** Are the stores there, and the ones that the catalog knows? */
export async function probeStores({ site, metrics, log }: Workplace): Promise<void> {
  for (const name of site.app.stores.keys()) {
    try {
      const store = site.app.gate.find(name);
      // A store without a marker has never been used: it is up when it can be asked.
      if (!(await site.app.gate.recognise(store))) await store.marker();
      metrics.storeUp(name, true);
    } catch (error) {
      metrics.storeUp(name, false);
      log.warn(`store ${name} is off: ${errorMessage(error)}`, { store: name });
    }
  }
}

/** Tells when every account that a scan began with has been read, with its folders where it is about them. */
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
