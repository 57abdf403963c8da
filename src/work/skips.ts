import type { Tally } from '../domain/plan.ts';

/** Counts what a run left alone, by reason. */
export class Skips {
  readonly #counts = new Map<string, number>();

  add(reason: string, messages: number): void {
    if (messages > 0) this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + messages);
  }

  /** In the order the reasons came up. */
  list(): readonly Tally[] {
    return [...this.#counts].map(([reason, messages]) => ({ reason, messages }));
  }
}
