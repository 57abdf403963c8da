import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse as parseCsv } from 'csv-parse';
import { parse as parseYaml } from 'yaml';
import { rowFault, type SourceRow } from '../domain/account-list.ts';
import { countOf } from '../domain/count.ts';
import { MothballError } from '../errors.ts';
import { requireBytes, requireRows } from './bounds.ts';

/** CSV (RFC 4180) whose first line names the columns; comma, semicolon or tab between them. */
export async function csvRows(path: string, signal: AbortSignal): Promise<readonly SourceRow[]> {
  requireBytes((await stat(path)).size);
  const rows: SourceRow[] = [];
  let names: readonly string[] | null = null;
  const parser = createReadStream(path, { signal }).pipe(
    parseCsv({
      bom: true,
      delimiter: [',', ';', '\t'],
      skip_empty_lines: true,
      relax_column_count: true,
      trim: true,
      comment: '#',
      comment_no_infix: true,
    }),
  );
  for await (const line of parser) {
    const fields = Array.isArray(line) ? line.map(String) : [];
    if (names === null) {
      names = fields;
      continue;
    }
    rows.push(csvRow(names, fields));
    requireRows(rows.length);
  }
  return rows;
}

/** With fewer or more fields than the first line names, nobody knows which one is missing. */
function csvRow(names: readonly string[], fields: readonly string[]): SourceRow {
  const row = Object.fromEntries(names.map((name, index) => [name, fields[index]]));
  return fields.length === names.length
    ? row
    : {
        ...row,
        [rowFault]: `it has ${countOf(fields.length, 'field')}, and the first line has ${names.length}`,
      };
}

/** A list of mappings, or of addresses. */
export async function yamlRows(path: string): Promise<readonly SourceRow[]> {
  requireBytes((await stat(path)).size);
  // Aliases are how a short file becomes a long one.
  const value: unknown = parseYaml(await readFile(path, 'utf8'), { maxAliasCount: 0 });
  if (!Array.isArray(value))
    throw new MothballError(
      { fact: 'it is not a list', remedy: 'Write one entry per account, like `- user: alice@example.com`' },
      { code: 'config' },
    );
  requireRows(value.length);
  return value.map((entry: unknown) => (typeof entry === 'string' ? { user: entry } : recordOf(entry)));
}

/**
 * A directory with one file for each account, as Kubernetes mounts a Secret: the name is `user`, the path
 * of the file, which holds the password, is `path`. Names that begin with a dot are the mount's own.
 */
export async function directoryRows(path: string): Promise<readonly SourceRow[]> {
  const names = (await readdir(path)).filter((name) => !name.startsWith('.'));
  requireRows(names.length);
  const rows: SourceRow[] = [];
  for (const name of names.toSorted()) {
    const file = join(path, name);
    if ((await stat(file)).isFile()) rows.push({ user: name, path: file });
  }
  return rows;
}

/** What is no mapping is a row without columns, which is listed as wrong. */
export function recordOf(value: unknown): SourceRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}
