import { resolve } from 'node:path';
import type { App } from '../compose.ts';
import type { AccountRef } from '../domain/account.ts';
import { count, countOf } from '../domain/count.ts';
import type { ArchiveFormat, ArchiveRule, Compression } from '../domain/policy.ts';
import { printable } from '../domain/printable.ts';
import { formatBytes } from '../domain/size.ts';
import { type Explanation, MothballError } from '../errors.ts';
import { importIntoArchive, planArchiveImport } from '../import/into-archive.ts';
import { importOntoServer, planServerImport } from '../import/onto-server.ts';
import type { ImportProblem, ImportSource, SourceFacts } from '../import/incoming.ts';
import type { ImportTally } from '../import/survey.ts';
import type { HoldingArchive } from '../ports/copies.ts';
import type { MailFileKind, MboxQuoting } from '../ports/mail-files.ts';
import type { AccountWork } from '../work/account-work.ts';
import { lockedError, type LockedWork } from '../work/locked-work.ts';
import { auditOf } from './audit.ts';
import {
  type CommonOptions,
  confirmed,
  type Context,
  printJson,
  selectAccounts,
  withApp,
} from './context.ts';
import { exit, type ExitCode, strongest } from './exit-code.ts';
import { factLines, placeLines, problemLine } from './import-lines.ts';

interface ImportFlags extends CommonOptions {
  readonly folder: string;
  readonly store?: string;
  readonly format: ArchiveFormat;
  readonly compression?: Compression;
  readonly kind?: MailFileKind;
  readonly mbox?: MboxQuoting;
  readonly toServer?: boolean;
  readonly foldersFrom: ImportSource['foldersFrom'];
  readonly withDeleted?: boolean;
  readonly dryRun?: boolean;
}

/** Where the mail goes: an archive of this kind, or null: onto the server. */
type Target = ArchiveRule | null;

/** What either import reports. */
interface ImportResult extends ImportTally, SourceFacts {
  readonly problems: readonly ImportProblem[];
  readonly archives?: readonly { readonly id: string; readonly verified: boolean }[];
  readonly presentIn?: readonly HoldingArchive[];
  /** The server's words when the mailbox was full. */
  readonly full?: string | null;
}

export async function importCommand(
  context: Context,
  [path = '']: readonly string[],
  options: ImportFlags,
): Promise<ExitCode> {
  if (!/^[^/]+(?:\/[^/]+)*$/.test(options.folder))
    throw usage({ fact: `--folder takes a name like Imported or Imported/2019, not "${options.folder}"` });
  return withApp(context, options.dryRun === true ? 'read-only' : 'create', async (app) => {
    const account = oneAccount(app, context);
    const target = options.toServer === true ? null : ruleOf(app, options);
    const source: ImportSource = {
      files: app.files,
      codec: app.codec,
      path: resolve(context.cwd, path),
      kind: options.kind ?? null,
      quoting: options.mbox ?? null,
      folder: options.folder,
      foldersFrom: options.foldersFrom,
      withDeleted: options.withDeleted === true,
    };
    if (options.dryRun === true) {
      const look = app.look(account);
      await using _login = look.connection;
      return show(
        context,
        { dryRun: true, account, target, path: source.path },
        await planned(app, look, source, target),
      );
    }
    const question = `Put the mail of ${source.path} on the server, into ${options.folder} of ${account.account}?`;
    if (target === null && !(await confirmed(context, question))) {
      context.io.err('nothing was done');
      return exit.ok;
    }
    const outcome = await app.withAccount(account, (work) => audited(app, work, source, target));
    if (outcome === 'locked') throw lockedError(account, 'nothing was imported');
    return show(context, { dryRun: false, account, target, path: source.path }, outcome);
  });
}

/** The account that the imported mail belongs to. @throws `usage` when `--account` does not name just one. */
function oneAccount(app: App, context: Context): AccountRef {
  const [first, second] = selectAccounts(app.config, context);
  if (first !== undefined && second === undefined) return first;
  throw usage({
    fact: `--account must name the one account that the mail belongs to`,
    notDone: 'nothing was imported',
  });
}

function ruleOf({ stores, config }: App, { store, format, compression }: ImportFlags): ArchiveRule {
  const names = [...stores.keys()];
  const [only, another] = names;
  const to = store ?? (another === undefined ? only : undefined);
  if (to === undefined || !stores.has(to)) {
    throw usage({
      fact:
        store === undefined
          ? 'there are several stores, and none was named'
          : `store "${store}" is not in ${config.file}`,
      notDone: 'nothing was imported',
      remedy: `Name one with --store: ${names.join(', ')}`,
    });
  }
  const zip = format === 'eml-zip';
  if (compression !== undefined && compression !== 'none' && zip !== (compression === 'deflate')) {
    const allowed = zip ? 'deflate or none' : 'zstd, gzip or none';
    throw usage({
      fact: `--compression ${compression} cannot be used with --format ${format}`,
      notDone: 'nothing was imported',
      remedy: `Use ${allowed}`,
    });
  }
  return { to, format, compression: compression ?? (zip ? 'deflate' : 'zstd') };
}

function planned(app: App, work: AccountWork, source: ImportSource, target: Target): Promise<ImportResult> {
  return target === null
    ? planServerImport(work, source)
    : planArchiveImport(work, source, target, [...app.stores.keys()]);
}

async function audited(
  app: App,
  work: LockedWork,
  source: ImportSource,
  target: Target,
): Promise<ImportResult> {
  const { account } = work.account;
  const where = target === null ? 'the server' : `store ${target.to}`;
  const detail = `${source.path} to ${source.folder}, ${where}`;
  await work.catalog.addAudit(auditOf(app.clock, 'import', account, detail));
  const outcome =
    target === null
      ? await importOntoServer(work, source)
      : await importIntoArchive(work, source, target, [...app.stores.keys()]);
  const { messages } = outcome.imported;
  await work.catalog.addAudit(
    auditOf(
      app.clock,
      'import',
      account,
      `${detail}: ${countOf(messages, 'message')} imported, ${outcome.present} already there`,
    ),
  );
  return outcome;
}

interface Shown {
  readonly dryRun: boolean;
  readonly account: AccountRef;
  readonly target: Target;
  readonly path: string;
}

function show(
  { io, options }: Context,
  { dryRun, account, target, path }: Shown,
  outcome: ImportResult,
): ExitCode {
  const { imported, present, doubles, problems, deleted, folderData, full = null, archives = [] } = outcome;
  const store = target?.to ?? null;
  if (options.json === true) {
    const where = { ...account, target: target === null ? 'server' : 'archive', store, dryRun };
    printJson(io, 'import', { ...where, ...outcome, archives, full });
  } else {
    const verb = dryRun ? 'would be imported' : 'imported';
    const place = store === null ? 'on the server' : `into store "${store}"`;
    io.out(
      `${printable(account.account)}: ${countOf(imported.messages, 'message')} (${formatBytes(imported.bytes)}) ${verb} ${place}; ${count(present)} already there, ${countOf(doubles, 'duplicate')} within a source folder skipped`,
    );
    for (const one of outcome.folders)
      if (one.messages > 0)
        io.out(`  ${printable(one.folder)}: ${countOf(one.messages, 'message')} (${formatBytes(one.bytes)})`);
    for (const line of placeLines(outcome.presentIn ?? [])) io.out(`  ${line}`);
    for (const line of factLines(outcome)) io.out(`  ${line}`);
  }
  for (const problem of problems) io.err(io.style('yellow', problemLine(problem), 'stderr'));
  if (full !== null) io.err(io.style('red', 'the import stopped: the mailbox is full', 'stderr'));
  const codes: ExitCode[] = [];
  if (archives.some(({ verified }) => !verified)) codes.push(exit.verification);
  const found = imported.messages + present + doubles + deleted + folderData;
  if (found === 0) {
    io.err(io.style('red', `no mail was found in ${printable(path)}: nothing was imported`, 'stderr'));
    codes.push(exit.failure);
  } else if (problems.length > 0) codes.push(exit.partial);
  return strongest(codes);
}

function usage(explanation: Explanation): MothballError {
  return new MothballError(explanation, { code: 'usage' });
}
