/** A part of a test's title, and its file below `test/` without `.test.ts`. */
export type Shown = readonly [file: string, title: string];

/** One row of the fault matrix: what goes wrong, what happens then, and the tests that show it. */
export interface Row {
  readonly number: number;
  readonly fault: string;
  readonly outcome: string;
  readonly shown: readonly Shown[];
}

export function row(number: number, fault: string, outcome: string, shown: readonly Shown[]): Row {
  return { number, fault, outcome, shown };
}
