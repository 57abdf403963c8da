import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { format } from 'prettier';
import { reliabilityPage, rows, titleOf } from './page.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/reliability.md'), 'utf8');

test('docs/reliability.md is what npm run docs:reliability writes', async () => {
  const written = await format(reliabilityPage(), { parser: 'markdown' });
  assert.equal(page, written, 'run: npm run docs:reliability');
});

test('every row of the fault matrix is there once, and has a test', () => {
  assert.deepEqual(
    rows.map(({ number }) => number),
    Array.from({ length: 46 }, (_, index) => index + 1),
  );
  for (const { number, shown } of rows) assert.ok(shown.length > 0, `row ${number}`);
});

test('a row whose test is gone, or has another title, is noticed', () => {
  assert.throws(() => titleOf(['fault/kill', 'a test that was never written']), /has no title with/);
  assert.throws(() => titleOf(['fault/no-such-file', 'killed']), /ENOENT/);
});
