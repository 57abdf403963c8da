/** Canaries for the other lint rules that this code base leans on: each fires on a file that breaks it. */
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { lint, type Verdict } from './lint.ts';

const longest = Array.from({ length: 250 }, () => '// one line\n').join('');
const kinds = "export type Kind = 'held' | 'flagged';\n";

/** Rule, what it is for, the file, its text; `null` for a rule that must keep still. */
const cases: readonly (readonly [rule: string | null, why: string, file: string, text: string])[] = [
  ['max-lines', 'a file in src over 250 lines', 'src/long.ts', `${longest}export const end = 1;\n`],
  ['max-lines', 'a file in test over 250 lines', 'test/long.ts', `${longest}export const end = 1;\n`],
  ['max-lines', 'a tool over 250 lines', 'test/tools/long.ts', `${longest}export const end = 1;\n`],
  [
    null,
    'a file of exactly 250 lines',
    'src/just-fits.ts',
    longest.replace('// one line', 'export const end = 1;'),
  ],
  [
    'no-cycle',
    'a cycle of imports',
    'src/ring-a.ts',
    "export { b } from './ring-b.ts';\nexport const a = 1;\n",
  ],
  ['no-cycle', 'its other half', 'src/ring-b.ts', "export { a } from './ring-a.ts';\nexport const b = 1;\n"],
  [
    'no-cycle',
    'a cycle of types',
    'src/knot-a.ts',
    "export type { B } from './knot-b.ts';\nexport type A = 1;\n",
  ],
  [null, 'an import of one side only', 'src/line.ts', "export { a } from './ring-a.ts';\n"],
  [
    'no-cycle',
    'its other half',
    'src/knot-b.ts',
    "export type { A } from './knot-a.ts';\nexport type B = 1;\n",
  ],
  ['no-floating-promises', 'a promise nobody waits for', 'src/floating.ts', 'Promise.resolve(1);\n'],
  [
    null,
    'a test at the top, which node:test waits for',
    'test/top.ts',
    "import test from 'node:test';\ntest('top', () => {});\n",
  ],
  [
    'no-misused-promises',
    'a promise taken for a truth',
    'src/truth.ts',
    'export const n = Promise.resolve(false) ? 1 : 2;\n',
  ],
  [
    'await-thenable',
    'an await of no promise',
    'src/awaits.ts',
    'export const f = async (n: number): Promise<number> => {\n  await n;\n  return n;\n};\n',
  ],
  [
    'switch-exhaustiveness-check',
    'a switch that forgets a kind',
    'src/switch.ts',
    `${kinds}export function f(kind: Kind): void {\n  switch (kind) {\n    case 'held':\n      return;\n  }\n}\n`,
  ],
  [
    'switch-exhaustiveness-check',
    'a default in the domain that would swallow new kinds',
    'src/domain/switch.ts',
    `${kinds}export function f(kind: Kind): number {\n  switch (kind) {\n    case 'held':\n      return 1;\n    default:\n      return 2;\n  }\n}\n`,
  ],
  [
    'max-params',
    'a fifth positional parameter',
    'src/five.ts',
    'export const five = (a: number, b: number, c: number, d: number, e: number) => a + b + c + d + e;\n',
  ],
  [
    'max-lines-per-function',
    'a function of more than 60 lines',
    'src/endless.ts',
    `export function endless(): number {\n  let sum = 0;\n${'  sum += 1;\n'.repeat(60)}  return sum;\n}\n`,
  ],
  ['no-explicit-any', 'any', 'src/any.ts', 'export type T = readonly any[];\n'],
  [
    'no-unsafe-assignment',
    'a value without a type',
    'src/untyped.ts',
    "export const value = JSON.parse('1');\n",
  ],
  [
    'no-non-null-assertion',
    'an assertion that a value is there',
    'src/there.ts',
    'export const f = (n: number | null): number => n!;\n',
  ],
  [
    'no-unsafe-type-assertion',
    'a cast',
    'src/cast.ts',
    'export const f = (n: unknown): number => n as number;\n',
  ],
  [
    'consistent-type-imports',
    'a type imported as a value',
    'src/type.ts',
    "import { Kind } from './switch.ts';\nexport type K = Kind;\n",
  ],
  ['no-console', 'console in the product', 'src/print.ts', "console.log('x');\n"],
  [
    'no-process-exit',
    'an exit outside of main.ts',
    'src/exit.ts',
    "import process from 'node:process';\nprocess.exit(1);\n",
  ],
  [null, 'the exit in main.ts', 'src/main.ts', "import process from 'node:process';\nprocess.exit(1);\n"],
];

let found: readonly Verdict[];

before(async () => {
  found = await lint(new Map(cases.map(([, , file, text]) => [file, text])));
});

for (const [rule, why, file] of cases) {
  const name = rule === null ? `lint lets pass: ${why} (${file})` : `${rule} refuses ${why} (${file})`;
  test(name, () => {
    const rules = new Set(found.filter((verdict) => verdict.file === file).map((verdict) => verdict.rule));
    assert.deepEqual([...rules], rule === null ? [] : [rule]);
  });
}
