export type CsvCell = string | number | Date | null;

/**
 * A line of comma-separated values (RFC 4180) without its end. A text that a spreadsheet would take for a
 * formula begins with an apostrophe: names of folders come from strangers. Times are ISO 8601 in UTC.
 */
export function csvLine(row: readonly CsvCell[]): string {
  return row.map(csvCell).join(',');
}

function csvCell(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  if (cell instanceof Date) return cell.toISOString();
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export interface CsvTable {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly CsvCell[])[];
}

/** The whole file. */
export function csvText({ titles, rows }: CsvTable): string {
  return [titles, ...rows].map((row) => `${csvLine(row)}\r\n`).join('');
}
