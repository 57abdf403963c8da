import { countOf } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import { errorMessage } from '../errors.ts';
import { scanAccount } from '../upkeep/scan.ts';
import { type CommonOptions, type Context, printJson, selectAccounts, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';

/** Reads quota and folder sizes of the accounts, and keeps them for the forecast. */
export async function scan(
  context: Context,
  _args: readonly string[],
  options: CommonOptions,
): Promise<ExitCode> {
  return withApp(context, 'create', async (app) => {
    const { io } = context;
    const refs = selectAccounts(app.config, context);
    const results = [];
    app.progress.begin('scan', { messages: refs.length, bytes: 0 }, 'accounts');
    for (const ref of refs) {
      app.signal.throwIfAborted();
      const result = await scanAccount(app, ref, true);
      if (result.error !== null)
        io.err(`${io.style('red', 'error:', 'stderr')} ${printable(errorMessage(result.error))}`);
      results.push(result);
      app.progress.advance(1, 0);
    }
    app.progress.end();
    const failed = results.filter(({ error }) => error !== null).length;
    if (options.json === true) {
      const accounts = results.map(({ server, account, at, roots, folders, error }) => ({
        server,
        account,
        at,
        roots: roots.length,
        folders: folders?.length ?? null,
        error: error === null ? null : errorMessage(error),
      }));
      printJson(io, 'scan', { accounts });
    } else io.out(`scanned ${countOf(results.length - failed, 'account')}, ${failed} failed`);
    if (failed === 0) return exit.ok;
    return failed === results.length ? exit.failure : exit.partial;
  });
}
