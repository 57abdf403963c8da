/** No ambient clock in the domain, the formats and the use cases: `now` is an argument or comes by ports/clock. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

const src = join(import.meta.dirname, '../../src');
const ambient =
  /\bDate\.now\b|\bnew Date(?:\(\s*\)|(?!\s*\())|(?<!new\s+|\.)\bDate\(|\bperformance\.now\b|\bhrtime\b/;

/** main.ts makes the one clock of the program. */
const makesTheClock = 'main.ts';

/** Every room that must not know what time it is. */
const rooms =
  '. domain format run plan archive purge restore import expire upkeep notice watch read preflight work'.split(
    ' ',
  );

const files = rooms.flatMap((folder) =>
  readdirSync(join(src, folder))
    .filter((name) => name.endsWith('.ts') && name !== makesTheClock)
    .map((name) => join(folder, name)),
);

for (const [text, reads] of [
  ['const t = Date.now();', true],
  ['const t = new Date();', true],
  ['const t = new Date( );', true],
  ['const t = new Date;', true],
  ['const t = Date();', true],
  ['const t = performance.now();', true],
  ['const t = process.hrtime.bigint();', true],
  ['const t = new Date(Date.now());', true],
  ['const t = new Date(0);', false],
  ['const t = new Date(text);', false],
  ['const t: Date = clock.now();', false],
  ['const valid = internalDate(text);', false],
] as const) {
  test(`\`${text}\` ${reads ? 'reads' : 'does not read'} an ambient clock`, () => {
    assert.equal(ambient.test(text), reads);
  });
}

test('neither the domain nor a format nor a use case reads an ambient clock', () => {
  assert.ok(files.length > 130, 'this test found no files');
  const reading = files.flatMap((file) => {
    const lines = readFileSync(join(src, file), 'utf8').split('\n');
    return lines.flatMap((line, index) =>
      ambient.test(line) ? [`src/${file}:${index + 1} ${line.trim()}`] : [],
    );
  });
  assert.deepEqual(reading, []);
});
