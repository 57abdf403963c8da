/**
 * One copy of values that are equal: of twenty thousand messages, most have the same few flags and
 * reasons, and a plan holds them all.
 */
export class Shared<T> {
  readonly #known = new Map<string, T>();

  /** The first value that came with this key. */
  of(key: string, value: T): T {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, value);
    return value;
  }
}
