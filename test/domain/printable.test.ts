import assert from 'node:assert/strict';
import test from 'node:test';
import { printable } from '../../src/domain/printable.ts';

const cases: readonly (readonly [text: string, shown: string])[] = [
  ['plain, grün, 日本', 'plain, grün, 日本'],
  ['\u001b[31mred', '\\u{1b}[31mred'],
  ['a\r\nFAKE log line', 'a\\u{d}\\u{a}FAKE log line'],
  ['abc\u202etxt.exe', 'abc\\u{202e}txt.exe'],
  ['\u0000\u007f\u009b', '\\u{0}\\u{7f}\\u{9b}'],
];

for (const [text, shown] of cases) {
  test(`${JSON.stringify(text)} is shown as ${shown}`, () => assert.equal(printable(text), shown));
}
