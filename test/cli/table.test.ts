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

const wide = [
  { title: 'ID' },
  { title: 'FROM', least: 6 },
  { title: 'NOTE', least: 4, drop: 1 },
  { title: 'SIZE', align: 'right' },
] as const;
const long = [['1', 'Ada Byron <ada@example.org>', 'quite a long note', '29.5 KiB']];

test('on a narrow terminal the widest columns are cut, and no line is wider than the terminal', () => {
  for (const width of [30, 40, 50, 59]) {
    const lines = table(wide, long, { width });
    assert.ok(
      lines.every((line) => line.length <= width),
      lines.join('\n'),
    );
    assert.match(lines[1] ?? '', /^1 .*….* 29\.5 KiB$/);
  }
  assert.match(table(wide, long, { width: 200 })[1] ?? '', /<ada@example\.org> {2}quite a long note/);
});

test('a column that does not fit at all is left out, never a number that is cut', () => {
  const [head = '', row = ''] = table(wide, long, { width: 24 });
  assert.doesNotMatch(head, /NOTE/);
  assert.match(row, /29\.5 KiB$/);
});

test('without a terminal nothing is cut', () => {
  assert.match(table(wide, long)[1] ?? '', /Ada Byron <ada@example\.org> {2}quite a long note/);
});

test('wide letters are cut by what they take on the screen', () => {
  const [, row = ''] = table([{ title: 'A', least: 4 }, { title: 'B' }], [['日本語日本語', 'x']], {
    width: 9,
  });
  assert.equal(row, '日本…   x');
});

test('styles are put around cells after they are aligned, titles are bold', () => {
  const paint = (style: unknown, text: string): string => `<${String(style)}>${text}</>`;
  const columns = [
    { title: 'N', style: (row: number) => (row === 1 ? ('red' as const) : null) },
    { title: 'M' },
  ];
  assert.deepEqual(
    table(
      columns,
      [
        ['a', '1'],
        ['bbb', '2'],
      ],
      { paint },
    ),
    ['<bold>N</>    <bold>M</>', 'a    1', '<red>bbb</>  2'],
  );
});
