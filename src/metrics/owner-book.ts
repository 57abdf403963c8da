import type { DeclaredMetrics } from './registry.ts';

/** What becomes of a sign-in, as the series call it. */
const results = {
  session: 'accepted',
  refused: 'refused',
  unavailable: 'unavailable',
  noPassword: 'no_password',
  later: 'limited',
} as const;

/** Sign-ins of owners of mailboxes. */
export class OwnerBook {
  readonly #metrics: DeclaredMetrics;

  constructor(metrics: DeclaredMetrics) {
    this.#metrics = metrics;
    for (const result of Object.values(results)) metrics.add('owner_sign_ins_total', { result }, 0);
  }

  signIn(kind: keyof typeof results): void {
    this.#metrics.add('owner_sign_ins_total', { result: results[kind] }, 1);
  }
}
