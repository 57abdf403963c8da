import { csvLine, type CsvTable } from '../documents/csv.ts';
import { printable } from '../domain/printable.ts';
import { MothballError } from '../errors.ts';
import type { Terminal } from './terminal.ts';

/** @throws `usage` where both forms are asked for. */
export function refuseBoth({ csv, json }: { readonly csv?: boolean; readonly json?: boolean }): void {
  if (csv === true && json === true)
    throw new MothballError(
      { fact: '--csv cannot be used with --json', notDone: 'nothing was done' },
      { code: 'usage' },
    );
}

/** Writes comma-separated values. */
export function printCsv(io: Terminal, { titles, rows }: CsvTable): void {
  for (const row of [titles, ...rows]) {
    const line = csvLine(row);
    io.out(io.stdoutIsTty ? printable(line) : line);
  }
}
