/** Lines of one archive that restores made, each with what identifies its bytes. */
export type MadeLines = ReadonlyMap<number, string>;

/**
 * How many copies of each message are wanted beside its originals: an archive holds copies of one
 * restore only, so if it has more than there are originals, some of these are no longer here.
 */
export function sparesOf(archives: readonly MadeLines[], originals: Counts): Counts {
  const spares = new Counts();
  for (const made of archives) {
    const here = new Counts();
    for (const mail of made.values()) here.add(mail);
    for (const mail of new Set(made.values()))
      while (spares.of(mail) + originals.of(mail) < here.of(mail)) spares.add(mail);
  }
  return spares;
}

export class Counts {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    this.#counts.set(key, this.of(key) + 1);
  }

  /** One less; false: there is none. */
  take(key: string): boolean {
    const left = this.of(key);
    if (left > 0) this.#counts.set(key, left - 1);
    return left > 0;
  }
}
