import type { Sha256 } from '../domain/brands.ts';
import { dayMs } from '../domain/dates.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';

type Known = Pick<ArchiveRecord, 'id' | 'key' | 'manifestSha256'>;

interface Seen {
  readonly key: string;
  readonly manifestSha256: Sha256;
  readonly fingerprint: string;
  readonly at: Date;
}

/**
 * The objects that this very run read back in full and found as they were written (SAFETY step 9). As
 * long as nothing touched the file since, reading it once more would show the same bytes.
 */
export class ReadBack {
  readonly #seen = new Map<Sha256, Seen>();

  /** `before` and `after`: fingerprints from before and after the reading, null where there are none. */
  remember({ id, key, manifestSha256 }: Known, before: string | null, after: string | null, at: Date): void {
    // Changed while it was read: who knows which bytes were.
    if (before === null || before !== after) this.#seen.delete(id);
    else this.#seen.set(id, { key, manifestSha256, fingerprint: before, at });
  }

  /** Whether the object is the one that was read, and its file untouched. In doubt it is read again. */
  async isUnchanged(store: Store, { id, key, manifestSha256 }: Known, now: Date): Promise<boolean> {
    const seen = this.#seen.get(id);
    if (seen === undefined || seen.key !== key || seen.manifestSha256 !== manifestSha256) return false;
    const ageMs = now.getTime() - seen.at.getTime();
    if (ageMs < 0 || ageMs >= dayMs) return false;
    return (await store.fingerprint(key)) === seen.fingerprint;
  }
}
