import type { Tally } from '../domain/plan.ts';
import { encodeReason, type Reason } from '../domain/reason.ts';

/** Counts what stays on the server, by reason. */
export class Skips {
  readonly #tallies = new Map<string, Tally>();

  add(reason: Reason, messages: number): void {
    if (messages === 0) return;
    const key = encodeReason(reason);
    const before = this.#tallies.get(key)?.messages ?? 0;
    this.#tallies.set(key, { reason, messages: before + messages });
  }

  /** In the order the reasons came up. */
  list(): readonly Tally[] {
    return [...this.#tallies.values()];
  }
}
