import { messageJson, totalJson } from '../documents/messages.ts';
import { mostFound } from '../domain/bounds.ts';
import { shortId } from '../domain/brands.ts';
import { count, foundText } from '../domain/count.ts';
import { formatBytes } from '../domain/size.ts';
import { MothballError } from '../errors.ts';
import type { MessageRow } from '../ports/records.ts';
import { foundTotal } from '../read/found-total.ts';
import { parseQuery } from '../read/search-query.ts';
import { auditOf } from './audit.ts';
import { type CommonOptions, type Context, printJson, selectAccounts, withApp } from './context.ts';
import { countOption } from './count-option.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { showTable } from './table.ts';
import { dayText } from './when.ts';

export async function search(
  context: Context,
  words: readonly string[],
  options: CommonOptions & { readonly limit?: string },
): Promise<ExitCode> {
  const limit = countOption('--limit', options.limit, mostFound);
  const unknown = words.find((word) => word.startsWith('--'));
  if (unknown !== undefined)
    throw new MothballError({ fact: `unknown option '${unknown}' (see --help)` }, { code: 'usage' });
  const text = words.join(' ');
  const query = parseQuery(text);
  return withApp(context, 'existing', async (app) => {
    const { io } = context;
    const accounts = options.account === undefined ? {} : { accounts: selectAccounts(app.config, context) };
    // One more than is shown says whether there is more.
    const asked = { ...query, ...accounts, limit: limit + 1 };
    const found = await app.catalog.search(asked);
    const rows = found.slice(0, limit);
    const more = found.length > limit;
    const total = await foundTotal(app.catalog, asked, { messages: rows.length, more });
    await app.catalog.addAudit(
      auditOf(app.clock, 'search', options.account ?? null, `${text}: ${rows.length} found`),
    );
    if (options.json === true)
      printJson(io, 'search', { messages: rows.map(messageJson), more, ...totalJson(total) });
    else if (rows.length === 0) io.out('nothing found');
    else
      showTable(
        io,
        columns,
        rows.map((row) => cells(row, context.zone)),
      );
    if (more && options.json !== true)
      io.err(`the newest ${count(limit)} of ${foundText(total)} messages; --limit shows more`);
    return exit.ok;
  });
}

const columns = [
  { title: 'ID' },
  { title: 'DATE' },
  { title: 'ACCOUNT', least: 12, drop: 2 },
  { title: 'FOLDER', least: 8, drop: 3 },
  { title: 'SIZE', align: 'right', drop: 1 },
  { title: 'FROM', least: 12 },
  { title: 'SUBJECT', least: 12 },
] as const;

/** The archive's first 12 digits are enough for `show` and `restore`. */
function cells(row: MessageRow, zone: string): readonly string[] {
  const date = dayText(row.date ?? row.internalDate, zone);
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
