import { type CsvCell, csvLine } from '../documents/csv.ts';
import { printable } from '../domain/printable.ts';
import type { Terminal } from './terminal.ts';

/** Writes comma-separated values. */
export function printCsv(
  io: Terminal,
  titles: readonly string[],
  rows: readonly (readonly CsvCell[])[],
): void {
  for (const row of [titles, ...rows]) {
    const line = csvLine(row);
    io.out(io.stdoutIsTty ? printable(line) : line);
  }
}
