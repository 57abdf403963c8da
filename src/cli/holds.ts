import { describeMatch } from '../domain/describe-match.ts';
import { accountMatches } from '../domain/glob.ts';
import { type Context, printJson, readConfig } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { showTable } from './table.ts';

export async function holds(context: Context): Promise<ExitCode> {
  const { io, options } = context;
  const config = await readConfig(context);
  const rows = config.holds.map((hold) => ({
    name: hold.name,
    match: hold.match === null ? null : describeMatch(hold.match),
    accounts: config.accounts
      .filter((account) => accountMatches(hold.accounts, account.account))
      .map(({ server, account }) => ({ server, account })),
  }));
  if (options.json === true) printJson(io, 'holds', { holds: rows });
  else if (rows.length === 0) io.out('no holds');
  else {
    const cells = rows.map((row) => [
      row.name,
      row.match ?? 'every message',
      row.accounts.map(({ account }) => account).join(', ') || 'no account',
    ]);
    showTable(
      io,
      [{ title: 'HOLD' }, { title: 'MESSAGES', least: 16 }, { title: 'ACCOUNTS', least: 16 }],
      cells,
    );
  }
  return exit.ok;
}
