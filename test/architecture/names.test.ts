/** One word, one thing: no name is exported by two files. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

const src = join(import.meta.dirname, '../../src');
const exported = /^export (?:async )?(?:function\*?|class|interface|type|const) (\w+)/gm;

/** Names that more than one text exports, with the texts' names. */
function doubles(texts: ReadonlyMap<string, string>): readonly string[] {
  const names = new Map<string, string[]>();
  for (const [file, text] of texts)
    for (const [, name = ''] of text.matchAll(exported)) names.set(name, [...(names.get(name) ?? []), file]);
  return [...names]
    .filter(([, files]) => files.length > 1)
    .map(([name, files]) => `${name}: ${files.join(', ')}`);
}

test('no two files of src export the same name', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  assert.ok(files.length > 400, 'this test found no files');
  assert.deepEqual(doubles(new Map(files.map((file) => [file, readFileSync(join(src, file), 'utf8')]))), []);
});

test('a name that two files export is found', () => {
  const texts = new Map([
    ['a.ts', 'export interface Page {}\n'],
    ['b.ts', 'export type Page = 1;\nexport const other = 2;\n'],
  ]);
  assert.deepEqual(doubles(texts), ['Page: a.ts, b.ts']);
});
