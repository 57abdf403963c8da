import type { catches } from './catches.ts';

/** A way to be careless, and the tests that must not let it pass. */
export interface Mutant {
  /** Goes on after "a program that". */
  readonly name: string;
  /** Each text stands in its file under src exactly once. */
  readonly patches: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  readonly caughtBy: keyof typeof catches;
}
