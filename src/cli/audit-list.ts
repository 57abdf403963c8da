import { count } from '../domain/count.ts';
import { MothballError } from '../errors.ts';
import {
  type CommonOptions,
  type Context,
  forReading,
  printJson,
  selectAccounts,
  withApp,
} from './context.ts';
import { countOption } from './count-option.ts';
import { printCsv, refuseBoth } from './csv.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { showTable } from './table.ts';
import { timeText } from './when.ts';

interface AuditFlags extends CommonOptions {
  readonly action?: string;
  readonly since?: string;
  readonly limit?: string;
  readonly csv?: boolean;
}

const mostEntries = 10_000;
const usuallyListed = 50;

/** Who read, moved, imported or removed archived mail; the newest first. */
export async function auditCommand(
  context: Context,
  _args: readonly string[],
  options: AuditFlags,
): Promise<ExitCode> {
  refuseBoth(options);
  const usual = options.csv === true ? mostEntries : usuallyListed;
  const limit = countOption('--limit', options.limit ?? String(usual), mostEntries);
  const since = options.since === undefined ? null : dayOf(options.since);
  return withApp(context, forReading, async (app) => {
    const { io, zone } = context;
    const filter = {
      ...(options.account === undefined ? {} : { accounts: selectAccounts(app.config, context) }),
      ...(options.action === undefined ? {} : { action: options.action }),
      ...(since === null ? {} : { since }),
    };
    const { rows, total } = await app.catalog.auditPage(filter, { limit, offset: 0 });
    if (options.json === true) printJson(io, 'audit', { entries: rows, total });
    else if (options.csv === true)
      printCsv(io, {
        titles: ['at', 'who', 'action', 'account', 'detail'],
        rows: rows.map(({ at, who, action, account, detail }) => [at, who, action, account, detail]),
      });
    else if (rows.length === 0) io.out('no entries');
    else
      showTable(
        io,
        [
          { title: 'WHEN' },
          { title: 'WHO', least: 8 },
          { title: 'ACTION' },
          { title: 'ACCOUNT', least: 16, drop: 1 },
          { title: 'DETAIL', least: 16 },
        ],
        rows.map(({ at, who, action, account, detail }) => [
          timeText(at, zone),
          who,
          action,
          account ?? '',
          detail,
        ]),
      );
    if (options.json !== true && total > rows.length)
      io.err(`the newest ${count(rows.length)} of ${count(total)}; --limit shows more`);
    return exit.ok;
  });
}

function dayOf(text: string): Date {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  if (date !== null && !Number.isNaN(date.getTime())) return date;
  throw new MothballError({ fact: `--since takes a day like 2026-01-31, not "${text}"` }, { code: 'usage' });
}
