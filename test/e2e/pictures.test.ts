/** The pictures of the documentation: each is there, is small, and is shown. `npm run screenshots` makes them. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const directory = join(root, 'docs/images');
const most = 100 * 1024;

test('every picture in README.md and docs is there, below 100 KB, and has a text for those who do not see it', () => {
  const shown = new Set<string>();
  for (const [file, place] of [
    ['README.md', root],
    ['docs/page.md', join(root, 'docs')],
  ] as const) {
    const text = readFileSync(join(root, file), 'utf8');
    const pictures = [
      ...text.matchAll(/!\[([^\]]*)\]\(([^)]+\.png)\)/g),
      ...text.matchAll(/<img src="[^"]+" width="\d+" alt="([^"]*)"/g),
    ];
    assert.ok(pictures.length > 0, file);
    for (const [, words = ''] of pictures) assert.ok(words.length > 10, words);
    for (const [, path = ''] of text.matchAll(/(?:\(|src=")((?:docs\/)?images\/[^)"]+)/g))
      shown.add(join(place, path));
  }
  assert.deepEqual(
    [...shown].toSorted(),
    readdirSync(directory)
      .map((name) => join(directory, name))
      .toSorted(),
  );
  for (const path of shown) {
    const data = readFileSync(path);
    assert.equal(data.toString('latin1', 1, 4), 'PNG', path);
    assert.ok(data.length < most, `${path} has ${data.length} bytes`);
  }
});
