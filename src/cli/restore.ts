import type { App } from '../compose.ts';
import type { AccountRef } from '../domain/account.ts';
import { shortId } from '../domain/brands.ts';
import { count, countOf } from '../domain/count.ts';
import { skippedText } from '../domain/folder-problem.ts';
import { printable } from '../domain/printable.ts';
import { formatBytes } from '../domain/size.ts';
import { MothballError } from '../errors.ts';
import { requireIdentity } from '../read/open-archive.ts';
import { gmailLabels } from '../restore/kept-flags.ts';
import { type AccountPart, partsOf, type TargetOptions } from '../restore/parts.ts';
import { restorePart } from '../restore/restore-part.ts';
import type { RestoreReport } from '../restore/restore.ts';
import { lockedError } from '../work/locked-work.ts';
import { localUser } from './audit.ts';
import { confirmed, type Context, printJson, withApp } from './context.ts';
import { exit, type ExitCode, exitCodeOf, strongest } from './exit-code.ts';
import { exportTo } from './export.ts';
import { selectMessages, type SelectOptions, selectorOf } from './select-messages.ts';

interface RestoreFlags extends SelectOptions, TargetOptions {
  readonly toDir?: string;
}

export async function restoreCommand(
  context: Context,
  ids: readonly string[],
  options: RestoreFlags,
): Promise<ExitCode> {
  const selector = selectorOf(ids, options);
  requireOneTarget(options);
  return withApp(context, 'existing', async (app) => {
    const wanted = await selectMessages(app, context, selector);
    if (options.toDir !== undefined)
      return exportTo(app, context, wanted, { action: 'restore', format: 'eml', toDir: options.toDir });
    requireIdentity(
      wanted.map(({ record }) => record),
      app.gate.decryption,
    );
    const parts = partsOf(app, wanted, options);
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
        const report = await restoreOne(app, context, part);
        if (report === null) locked += 1;
        else reports.push({ ...part.account, ...report });
        const outcomes = report?.problems.map((problem) => problem.outcome) ?? [];
        if (report !== null && report.folders.length + report.lostFlags.length > 0) codes.push(exit.partial);
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

function requireOneTarget({ toDir, to, toAccount, toServer, map = [] }: RestoreFlags): void {
  const server = [to, toAccount, toServer].some((option) => option !== undefined) || map.length > 0;
  if (toDir === undefined || !server) return;
  throw new MothballError(
    { fact: '--to-dir writes files, so it takes no account and no --map', notDone: 'nothing was restored' },
    { code: 'usage' },
  );
}

/** Null when the account is locked. */
async function restoreOne(app: App, { io }: Context, part: AccountPart): Promise<RestoreReport | null> {
  const report = await restorePart({ ...app, who: localUser() }, part);
  if (report !== 'locked') return report;
  io.problem(lockedError(part.account, 'nothing was restored there'));
  return null;
}

function showReport({ io }: Context, report: RestoreReport & AccountRef): void {
  io.out(
    `${printable(report.account)}: ${countOf(report.restored.messages, 'message')} restored (${formatBytes(report.restored.bytes)}), ${count(report.present)} already there`,
  );
  for (const { id, outcome, detail } of report.problems)
    io.out(io.style('yellow', `  ${shortId(id)}${id.slice(64)} ${outcome}: ${printable(detail)}`));
  for (const { account, folder, to } of report.moved.filter((one) => one.folder !== one.to))
    io.out(`  folder "${printable(folder)}" of ${printable(account)} is "${printable(to)}" here`);
  for (const { folder, flag, messages } of report.lostFlags)
    io.out(
      io.style(
        'yellow',
        `  folder "${printable(folder)}": the server does not keep ${flag === gmailLabels ? flag : `keyword ${printable(flag)}`} (${countOf(messages, 'message')})`,
      ),
    );
  for (const folder of report.folders)
    io.out(io.style('yellow', `  folder "${printable(folder.path)}" ${printable(skippedText(folder))}`));
}
