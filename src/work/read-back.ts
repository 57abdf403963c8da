import type { Sha256 } from '../domain/brands.ts';
import { dayMs } from '../domain/dates.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';
import { type SeenLine, SeenLines } from './seen-lines.ts';

type Known = Pick<ArchiveRecord, 'id' | 'key' | 'manifestSha256'>;

interface Seen {
  readonly key: string;
  readonly manifestSha256: Sha256;
  readonly fingerprint: string;
  readonly at: Date;
  readonly manifest: SeenManifest | null;
}

/** A manifest that was read and parsed: the digest of its object, and what its lines said. */
export interface SeenManifest {
  readonly digest: Sha256;
  readonly lines: SeenLines;
}

/** Archives of which the lines are kept: those that were verified last are the ones whose mail goes next. */
const mostManifests = 16;

/**
 * The objects that this very run read back in full and found as they were written (SAFETY step 9). As
 * long as nothing touched the file since, reading it once more would show the same bytes.
 */
export class ReadBack {
  readonly #seen = new Map<Sha256, Seen>();
  readonly #withManifest = new Set<Sha256>();

  /** `before` and `after`: fingerprints from before and after the reading, null where there are none. */
  remember(
    { id, key, manifestSha256 }: Known,
    { before, after }: { readonly before: string | null; readonly after: string | null },
    at: Date,
    manifest: SeenManifest | null = null,
  ): void {
    // Changed while it was read: who knows which bytes were.
    if (before === null || before !== after) return void this.#seen.delete(id);
    this.#seen.set(id, { key, manifestSha256, fingerprint: before, at, manifest });
    this.#withManifest.delete(id);
    if (manifest !== null) this.#withManifest.add(id);
    const [oldest] = this.#withManifest.size > mostManifests ? this.#withManifest : [];
    if (oldest === undefined) return;
    this.#withManifest.delete(oldest);
    const old = this.#seen.get(oldest);
    if (old !== undefined) this.#seen.set(oldest, { ...old, manifest: null });
  }

  /** Whether the object is the one that was read, and its file untouched. In doubt it is read again. */
  async isUnchanged(store: Store, known: Known, now: Date): Promise<boolean> {
    return (await this.#standing(store, known, now)) !== null;
  }

  /**
   * Whether this run read object and manifest, the file of the object is untouched, the object of the manifest
   * has the digest that it had then, and all these lines were in it.
   */
  async stillSays(
    { store, known, now }: { readonly store: Store; readonly known: Known; readonly now: Date },
    digest: Sha256,
    entries: readonly (SeenLine & { readonly line: number })[],
  ): Promise<boolean> {
    const manifest = (await this.#standing(store, known, now))?.manifest ?? null;
    if (manifest?.digest !== digest) return false;
    return entries.every((entry) => manifest.lines.had(entry.line, entry));
  }

  async #standing(store: Store, { id, key, manifestSha256 }: Known, now: Date): Promise<Seen | null> {
    const seen = this.#seen.get(id);
    if (seen === undefined || seen.key !== key || seen.manifestSha256 !== manifestSha256) return null;
    const ageMs = now.getTime() - seen.at.getTime();
    if (ageMs < 0 || ageMs >= dayMs) return null;
    return (await store.fingerprint(key)) === seen.fingerprint ? seen : null;
  }
}

/** What is kept of a manifest: the digest of its object, and what its lines said. */
export function seenManifest(digest: Sha256, messages: readonly SeenLine[]): SeenManifest {
  return { digest, lines: new SeenLines(messages) };
}
