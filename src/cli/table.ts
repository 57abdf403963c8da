import { createRequire } from 'node:module';
import { shownText } from '../domain/bounds.ts';
import { printable } from '../domain/printable.ts';

type Width = (text: string) => number;
const load = createRequire(import.meta.url);
let widthOf: Width | null = null;

/** Columns that a text takes on a terminal. The library for wide letters takes longer to load than most commands to run. */
const stringWidth: Width = (text) => {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  widthOf ??= loaded();
  return widthOf(text);
};

function loaded(): Width {
  const library: unknown = load('string-width');
  if (typeof library === 'object' && library !== null && 'default' in library && isWidth(library.default))
    return library.default;
  throw new TypeError('string-width has no default export');
}

function isWidth(value: unknown): value is Width {
  return typeof value === 'function';
}

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Rows of cells as aligned lines, titles first. Cells are escaped; styles are put around them after alignment. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] {
  const cells = [columns.map((column) => column.title), ...rows].map((row) =>
    row.map((cell) => printable(shownText(cell))),
  );
  // Not Math.max(...widths): a call takes some 100,000 arguments, and there may be more rows.
  const widths = columns.map((_, index) =>
    cells.reduce((most, row) => Math.max(most, stringWidth(row[index] ?? '')), 0),
  );
  return cells.map((row) =>
    columns
      .map((column, index) => {
        const cell = row[index] ?? '';
        const space = ' '.repeat((widths[index] ?? 0) - stringWidth(cell));
        return column.align === 'right' ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** A bar of a share, e.g. `████████░░`; over 100 % it is full. */
export function bar(percent: number, width = 20): string {
  const full = Math.round((Math.min(100, Math.max(0, percent)) / 100) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}
