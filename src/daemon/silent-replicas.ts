import type { Catalog } from '../ports/catalog.ts';

/** A replica that says nothing for so long is dead or frozen, in milliseconds: ten beats. */
const silentMs = 20_000;

/**
 * Replicas that fell silent. What such a one had put off for later is known to it alone, so another has to
 * put all accounts on the queue again. One that stops in good order leaves no record, and puts nothing off.
 */
export class SilentReplicas {
  readonly #known = new Set<string>();

  /** Whether one has fallen silent since the last look. */
  async look(catalog: Pick<Catalog, 'daemons'>, now: Date): Promise<boolean> {
    const silent = (await catalog.daemons()).filter(({ seen }) => now.getTime() - seen.getTime() > silentMs);
    const found = silent.some(({ id }) => !this.#known.has(id));
    this.#known.clear();
    for (const { id } of silent) this.#known.add(id);
    return found;
  }
}
