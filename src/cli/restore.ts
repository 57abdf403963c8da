import type { App } from '../compose.ts';
import { accountKey, type AccountRef, sameAccount } from '../domain/account.ts';
import { shortId } from '../domain/brands.ts';
import { count, countOf } from '../domain/count.ts';
import { skippedText } from '../domain/folder-problem.ts';
import { printable } from '../domain/printable.ts';
import { formatBytes } from '../domain/size.ts';
import { MothballError } from '../errors.ts';
import { requireIdentity } from '../read/open-archive.ts';
import { type Wanted, wantedTotals } from '../read/wanted.ts';
import { restore, type RestoreReport } from '../restore/restore.ts';
import { lockedError } from '../work/locked-work.ts';
import { auditOf } from './audit.ts';
import { confirmed, type Context, printJson, withApp } from './context.ts';
import { exit, type ExitCode, exitCodeOf, strongest } from './exit-code.ts';
import { exportTo } from './export.ts';
import { selectMessages, type SelectOptions, selectorOf } from './select-messages.ts';

interface RestoreFlags extends SelectOptions {
  readonly to?: string;
  readonly toDir?: string;
}

/** One account's part of a restore: where to, and what. */
interface AccountPart {
  readonly account: AccountRef;
  readonly folder: string | null;
  readonly wanted: readonly Wanted[];
}

export async function restoreCommand(
  context: Context,
  ids: readonly string[],
  options: RestoreFlags,
): Promise<ExitCode> {
  const selector = selectorOf(ids, options);
  return withApp(context, 'existing', async (app) => {
    const wanted = await selectMessages(app, context, selector);
    if (options.toDir !== undefined)
      return exportTo(app, context, wanted, { action: 'restore', format: 'eml', toDir: options.toDir });
    requireIdentity(
      wanted.map(({ record }) => record),
      app.gate.decryption,
    );
    const parts = partsOf(app, wanted, options.to);
    const messages = wanted.reduce((sum, part) => sum + part.lines.length, 0);
    if (messages === 0) {
      if (options.json === true) printJson(context.io, 'restore', { restores: [] });
      else context.io.out('nothing to restore: no such message is archived');
      return exit.ok;
    }
    if (
      !(await confirmed(
        context,
        `Put ${countOf(messages, 'message')} of ${countOf(parts.length, 'account')} back on the server?`,
      ))
    ) {
      context.io.err('nothing was done');
      return exit.ok;
    }
    const codes: ExitCode[] = [];
    let locked = 0;
    const reports: (RestoreReport & AccountRef)[] = [];
    for (const part of parts) {
      try {
        const report = await restorePart(app, context, part);
        if (report === null) locked += 1;
        else reports.push({ ...part.account, ...report });
        const outcomes = report?.problems.map((problem) => problem.outcome) ?? [];
        if (report !== null && report.folders.length > 0) codes.push(exit.partial);
        if (outcomes.length > 0) codes.push(outcomes.includes('damaged') ? exit.verification : exit.partial);
      } catch (error) {
        context.io.problem(error);
        codes.push(exitCodeOf(error));
      }
    }
    if (locked > 0) codes.push(locked === parts.length ? exit.locked : exit.partial);
    if (options.json === true) printJson(context.io, 'restore', { restores: reports });
    else for (const report of reports) showReport(context, report);
    return strongest(codes);
  });
}

function partsOf(app: App, wanted: readonly Wanted[], to: string | undefined): readonly AccountPart[] {
  if (to !== undefined) return [{ ...targetOf(app, to), wanted }];
  const parts = new Map<
    string,
    { readonly account: AccountRef; readonly folder: null; readonly wanted: Wanted[] }
  >();
  for (const one of wanted) {
    const { server, account } = one.record;
    const key = accountKey({ server, account });
    const part = parts.get(key) ?? { account: known(app, server, account), folder: null, wanted: [] };
    part.wanted.push(one);
    parts.set(key, part);
  }
  return [...parts.values()];
}

function known(app: App, server: string, account: string): AccountRef {
  const found = app.config.accounts.find((candidate) => sameAccount(candidate, { server, account }));
  if (found !== undefined) return { server, account };
  throw new MothballError(
    {
      fact: `account ${account} on ${server} is no longer in ${app.config.file}`,
      notDone: 'nothing was restored for it',
      remedy: 'Use --to ACCOUNT:FOLDER or --to-dir',
    },
    { code: 'config' },
  );
}

/** `ACCOUNT:FOLDER`; the account by its name, which has no colon. */
function targetOf(app: App, to: string): { readonly account: AccountRef; readonly folder: string } {
  const at = to.indexOf(':');
  const name = to.slice(0, at);
  const folder = to.slice(at + 1);
  if (at < 1 || folder === '')
    throw usage(`--to takes ACCOUNT:FOLDER, like alice@example.com:Restored, not "${to}"`);
  const found = app.config.accounts.filter((candidate) => candidate.account === name);
  const [first] = found;
  if (first === undefined) throw usage(`--to names account "${name}", which is not in ${app.config.file}`);
  if (found.length > 1) throw usage(`--to names account "${name}", which is on several servers`);
  return { account: { server: first.server, account: first.account }, folder };
}

function usage(fact: string): MothballError {
  return new MothballError({ fact, notDone: 'nothing was restored' }, { code: 'usage' });
}

/** Null when the account is locked. */
async function restorePart(app: App, { io }: Context, part: AccountPart): Promise<RestoreReport | null> {
  const { account, wanted, folder } = part;
  const report = await app.withAccount(account, async (work) => {
    for (const { record, lines } of wanted) {
      const detail = `${countOf(lines.length, 'message')} of ${record.id} to ${folder ?? record.folder}`;
      await app.catalog.addAudit(auditOf(app.clock, 'restore', account.account, detail));
    }
    app.progress.begin(`${account.account}: restoring`, wantedTotals(wanted));
    try {
      return await restore(work, wanted, folder);
    } finally {
      app.progress.end();
    }
  });
  if (report !== 'locked') return report;
  io.problem(lockedError(account, 'nothing was restored there'));
  return null;
}

function showReport({ io }: Context, report: RestoreReport & AccountRef): void {
  io.out(
    `${printable(report.account)}: ${countOf(report.restored.messages, 'message')} restored (${formatBytes(report.restored.bytes)}), ${count(report.present)} already there`,
  );
  for (const { id, outcome, detail } of report.problems)
    io.out(io.style('yellow', `  ${shortId(id)}${id.slice(64)} ${outcome}: ${printable(detail)}`));
  for (const folder of report.folders)
    io.out(io.style('yellow', `  folder "${printable(folder.path)}" ${printable(skippedText(folder))}`));
}
