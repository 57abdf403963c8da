import assert from 'node:assert/strict';
import test from 'node:test';
import { bar, table } from '../../src/cli/table.ts';

test('columns are aligned by what a terminal shows, wide characters too', () => {
  const lines = table(
    [{ title: 'NAME' }, { title: 'N', align: 'right' }],
    [
      ['日本', '5'],
      ['a', '10'],
    ],
  );
  assert.deepEqual(lines, ['NAME   N', '日本   5', 'a     10']);
});

test('cells can not break out of their line', () => {
  assert.deepEqual(table([{ title: 'A' }], [['x\ny']]), ['A', 'x\\u{a}y']);
});

test('a bar is full at 100 % and stays full above', () => {
  assert.equal(bar(50, 4), '██░░');
  assert.equal(bar(250, 4), '████');
  assert.equal(bar(-1, 4), '░░░░');
});

test('a table of 200,000 rows is as wide as its widest cell', () => {
  const rows = Array.from({ length: 200_000 }, (_, index) => [index === 150_000 ? 'widest' : 'x', '1']);
  const lines = table([{ title: 'A' }, { title: 'B' }], rows);
  assert.equal(lines.length, 200_001);
  assert.equal(lines[1], 'x       1');
});
