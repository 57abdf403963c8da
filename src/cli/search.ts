import { messageJson } from '../documents/messages.ts';
import { mostFound } from '../domain/bounds.ts';
import { shortId } from '../domain/brands.ts';
import { formatBytes } from '../domain/size.ts';
import { MothballError } from '../errors.ts';
import type { MessageRow } from '../ports/records.ts';
import { parseQuery } from '../read/search-query.ts';
import { auditOf } from './audit.ts';
import { type CommonOptions, type Context, printJson, selectAccounts, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { table } from './table.ts';

export async function search(
  context: Context,
  words: readonly string[],
  options: CommonOptions & { readonly limit?: string },
): Promise<ExitCode> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > mostFound)
    throw new MothballError(
      { fact: `--limit takes a whole number from 1 to ${mostFound}, not "${options.limit ?? ''}"` },
      { code: 'usage' },
    );
  const text = words.join(' ');
  const query = parseQuery(text);
  return withApp(context, 'existing', async (app) => {
    const { io } = context;
    const accounts = options.account === undefined ? {} : { accounts: selectAccounts(app.config, context) };
    const rows = await app.catalog.search({ ...query, ...accounts, limit });
    await app.catalog.addAudit(
      auditOf(app.clock, 'search', options.account ?? null, `${text}: ${rows.length} found`),
    );
    if (options.json === true) printJson(io, 'search', { messages: rows.map(messageJson) });
    else if (rows.length === 0) io.out('nothing found');
    else for (const line of table(columns, rows.map(cells))) io.out(line);
    return exit.ok;
  });
}

const columns = [
  { title: 'ID' },
  { title: 'DATE' },
  { title: 'ACCOUNT' },
  { title: 'FOLDER' },
  { title: 'SIZE', align: 'right' },
  { title: 'FROM' },
  { title: 'SUBJECT' },
] as const;

/** The archive's first 12 digits are enough for `show` and `restore`. */
function cells(row: MessageRow): readonly string[] {
  const date = (row.date ?? row.internalDate).toISOString().slice(0, 10);
  return [
    `${shortId(row.archive)}/${row.line}`,
    date,
    row.account,
    row.folder,
    formatBytes(row.bytes),
    short(row.from),
    short(row.subject),
  ];
}

function short(text: string | null): string {
  const all = Array.from(text ?? '');
  return all.length > 40 ? `${all.slice(0, 39).join('')}…` : all.join('');
}
