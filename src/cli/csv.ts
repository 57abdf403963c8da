import { printable } from '../domain/printable.ts';
import type { Terminal } from './terminal.ts';

type Cell = string | number | Date | null;

/**
 * Writes comma-separated values (RFC 4180). A text that a spreadsheet would take for a formula begins
 * with an apostrophe: names of folders come from strangers. Times are ISO 8601 in UTC.
 */
export function printCsv(io: Terminal, titles: readonly string[], rows: readonly (readonly Cell[])[]): void {
  for (const row of [titles, ...rows]) {
    const line = row.map(csvCell).join(',');
    io.out(io.stdoutIsTty ? printable(line) : line);
  }
}

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  if (cell instanceof Date) return cell.toISOString();
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
