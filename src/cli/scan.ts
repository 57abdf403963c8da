import { countOf } from '../domain/count.ts';
import { skippedText } from '../domain/folder-problem.ts';
import { printable } from '../domain/printable.ts';
import { errorMessage } from '../errors.ts';
import { scanAccount, type ScanResult } from '../upkeep/scan.ts';
import { type CommonOptions, type Context, printJson, selectAccounts, withApp } from './context.ts';
import { eachAccount } from './each-account.ts';
import type { ExitCode } from './exit-code.ts';

/** Reads quota and folder sizes of the accounts, and keeps them for the forecast. */
export async function scan(
  context: Context,
  _args: readonly string[],
  options: CommonOptions & { readonly folders?: boolean },
): Promise<ExitCode> {
  return withApp(context, 'create', async (app) => {
    const { io } = context;
    const refs = selectAccounts(app.config, context);
    app.progress.begin('scan', { messages: refs.length, bytes: 0 }, 'accounts');
    const scanned: ScanResult[] = [];
    // With --folders each is read by logging in, which shows its quota too.
    const quotas = options.folders === true ? null : app.listedQuotas.begin(refs);
    const { failed } = await eachAccount(context, app.config, {
      accounts: refs,
      step: async (ref) => {
        const result = await scanAccount({ ...app, quotas, waits: false }, ref, true);
        app.progress.advance(1, 0);
        return result;
      },
      show: (result) => {
        scanned.push(result);
        for (const text of faultsOf(result))
          io.err(io.style('yellow', `${printable(result.account)}: ${printable(text)}`, 'stderr'));
        if (result.error !== null) io.problem(result.error);
      },
    });
    for (const { error } of scanned) if (error !== null) failed.add(error);
    app.progress.end();
    if (options.json === true) printJson(io, 'scan', { accounts: scanned.map(scanJson) });
    else io.out(`scanned ${countOf(scanned.length - failed.count, 'account')}, ${failed.count} failed`);
    return failed.exitCode(scanned.some((result) => faultsOf(result).length > 0));
  });
}

/** What was left out, each in words. */
function faultsOf({ skipped, oddities }: ScanResult): readonly string[] {
  return [
    ...skipped.map((problem) => `folder "${problem.path}" ${skippedText(problem)}`),
    ...oddities.map(({ text }) => text),
  ];
}

function scanJson({ server, account, at, roots, folders, skipped, error }: ScanResult): object {
  return {
    server,
    account,
    at,
    roots: roots.length,
    folders: folders?.length ?? null,
    skipped: skipped.map((problem) => ({ path: problem.path, reason: skippedText(problem) })),
    error: error === null ? null : errorMessage(error),
  };
}
