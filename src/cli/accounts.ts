import { errorMessage } from '../errors.ts';
import { type CommonOptions, type Context, printJson, selectAccounts, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { table } from './table.ts';

interface AccountRow {
  readonly server: string;
  readonly account: string;
  readonly login: 'ok' | 'failed' | null;
  readonly error: string | null;
  readonly capabilities: object | null;
}

export async function accounts(
  context: Context,
  _args: readonly string[],
  options: CommonOptions & { readonly test?: boolean },
): Promise<ExitCode> {
  return withApp(context, 'read-only', async (app) => {
    const rows: AccountRow[] = [];
    for (const ref of selectAccounts(app.config, context)) {
      app.signal.throwIfAborted();
      const row = { ...ref, login: null, error: null, capabilities: null };
      if (options.test !== true) {
        rows.push(row);
        continue;
      }
      try {
        await using session = await app.mail.open(ref);
        rows.push({ ...row, login: 'ok', capabilities: session.capabilities });
      } catch (error) {
        rows.push({ ...row, login: 'failed', error: errorMessage(error) });
      }
    }
    show(context, rows, options.test === true);
    const failed = rows.filter((row) => row.login === 'failed').length;
    if (failed === 0) return exit.ok;
    return failed === rows.length ? exit.failure : exit.partial;
  });
}

function show({ io, options }: Context, rows: readonly AccountRow[], tested: boolean): void {
  if (options.json === true) return printJson(io, 'accounts', { accounts: rows });
  const columns = [
    { title: 'SERVER' },
    { title: 'ACCOUNT' },
    ...(tested ? [{ title: 'LOGIN' }, { title: 'DETAIL' }] : []),
  ];
  const cells = rows.map((row) => {
    const able = Object.entries(row.capabilities ?? {}).flatMap(([name, value]) =>
      value === true ? [name] : [],
    );
    return [row.server, row.account, ...(tested ? [row.login ?? '', row.error ?? able.join(' ')] : [])];
  });
  for (const line of table(columns, cells)) io.out(line);
}
