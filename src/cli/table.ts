import { createRequire } from 'node:module';
import { shownText } from '../domain/bounds.ts';
import { printable } from '../domain/printable.ts';
import type { Style, Terminal } from './terminal.ts';

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
  /** Where the terminal is too narrow, cells are cut with … down to this width; missing: never. */
  readonly least?: number;
  /** Where the terminal is still too narrow, the column with the highest number goes first; missing: it stays. */
  readonly drop?: number;
  /** The colour of a row's cell; null: none. */
  readonly style?: (row: number) => Style | null;
}

export interface TableOptions {
  /** Columns of the terminal; null or missing: nothing is cut. */
  readonly width?: number | null;
  readonly paint?: (style: Style, text: string) => string;
}

const gap = '  ';

/**
 * Rows of cells as aligned lines, titles first. Cells are escaped; styles are put around them after
 * alignment. Lines fit the width as far as columns can be cut or left out.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width = null, paint = (_style, text) => text }: TableOptions = {},
): readonly string[] {
  const cells = [columns.map((column) => column.title), ...rows].map((row) =>
    row.map((cell) => printable(shownText(cell))),
  );
  // Not Math.max(...widths): a call takes some 100,000 arguments, and there may be more rows.
  const widths = columns.map((_, index) =>
    cells.reduce((most, row) => Math.max(most, stringWidth(row[index] ?? '')), 0),
  );
  const shown = width === null ? all(columns) : fitted(columns, widths, width);
  return cells.map((row, line) => {
    const pieces = shown.map((index) => ({
      style: line === 0 ? ('bold' as const) : (columns[index]?.style?.(line - 1) ?? null),
      ...aligned(row[index] ?? '', widths[index] ?? 0, columns[index]?.align ?? 'left'),
    }));
    while (pieces.at(-1)?.text === '') pieces.pop();
    return pieces
      .map(({ before, text, after, style }, place) => {
        const painted = style === null || text === '' ? text : paint(style, text);
        return before + painted + (place === pieces.length - 1 ? '' : after);
      })
      .join(gap);
  });
}

/** Writes a table to stdout, within the width of the terminal and in its colours. */
export function showTable(
  io: Terminal,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  indent = '',
): void {
  const width = io.outColumns === null ? null : io.outColumns - indent.length;
  for (const line of table(columns, rows, { width, paint: (style, text) => io.style(style, text) }))
    io.out(indent + line);
}

function all(columns: readonly Column[]): readonly number[] {
  return columns.map((_, index) => index);
}

/** The columns that fit, by index; `widths` of those that are cut become smaller. */
function fitted(columns: readonly Column[], widths: number[], room: number): readonly number[] {
  let shown = [...all(columns)];
  const least = (index: number): number =>
    Math.min(widths[index] ?? 0, columns[index]?.least ?? widths[index] ?? 0);
  const sum = (size: (index: number) => number): number =>
    shown.reduce((total, index) => total + size(index), gap.length * (shown.length - 1));
  while (sum(least) > room) {
    const goes = shown
      .filter((index) => columns[index]?.drop !== undefined)
      .toSorted((a, b) => (columns[b]?.drop ?? 0) - (columns[a]?.drop ?? 0))[0];
    if (goes === undefined) break;
    shown = shown.filter((index) => index !== goes);
  }
  for (let over = sum((index) => widths[index] ?? 0) - room; over > 0; over -= 1) {
    const widest = shown
      .filter((index) => (widths[index] ?? 0) > least(index))
      .toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0];
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return shown;
}

function aligned(
  cell: string,
  width: number,
  align: 'left' | 'right',
): { readonly before: string; readonly text: string; readonly after: string } {
  const text = cutTo(cell, width).trimEnd();
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return align === 'right' ? { before: space, text, after: '' } : { before: '', text, after: space };
}

/** The start of a text that takes at most this many columns, with … where something is missing. */
export function cutTo(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  let used = 1;
  for (const letter of text) {
    used += stringWidth(letter);
    if (used > width) break;
    kept += letter;
  }
  return width < 1 ? '' : `${kept}…`;
}

/** A bar of a share, e.g. `████████░░`; over 100 % it is full. */
export function bar(percent: number, width = 20): string {
  const full = Math.round((Math.min(100, Math.max(0, percent)) / 100) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}
