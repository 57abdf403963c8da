import type { Sha256 } from './brands.ts';
import { DigestSet } from './digest-set.ts';

/** new: to be imported · held: its bytes are where they belong already · double: met before in the same folder. */
export type ImportVerdict = 'new' | 'held' | 'double';

/**
 * Decides message by message what an import adds, so that nothing is doubled: the same bytes count
 * once per folder, and each copy that is held already, in whatever folder, stands for one of them.
 */
export class ImportJudge {
  readonly #held: Map<Sha256, number>;
  readonly #met = new Map<string, DigestSet>();

  /** `held`: copies there are of each digest. */
  constructor(held: ReadonlyMap<Sha256, number>) {
    this.#held = new Map(held);
  }

  judge(folder: string, sha256: Sha256): ImportVerdict {
    const met = this.#met.get(folder) ?? new DigestSet();
    this.#met.set(folder, met);
    if (met.has(sha256)) return 'double';
    met.add(sha256);
    const copies = this.#held.get(sha256) ?? 0;
    if (copies === 0) return 'new';
    this.#held.set(sha256, copies - 1);
    return 'held';
  }
}
