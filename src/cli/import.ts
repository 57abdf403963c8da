import { resolve } from 'node:path';
import type { App } from '../compose.ts';
import type { AccountRef } from '../domain/account.ts';
import type { ArchiveFormat, ArchiveRule, Compression } from '../domain/policy.ts';
import { formatBytes } from '../domain/size.ts';
import { MothballError } from '../errors.ts';
import { importIntoArchive, planArchiveImport } from '../import/into-archive.ts';
import { importOntoServer, planServerImport } from '../import/onto-server.ts';
import type { ImportProblem, ImportSource } from '../import/source.ts';
import type { ImportTally } from '../import/survey.ts';
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
import { printable } from './printable.ts';
import { count } from './table.ts';

interface ImportFlags extends CommonOptions {
  readonly folder: string;
  readonly store?: string;
  readonly format: ArchiveFormat;
  readonly compression?: Compression;
  readonly kind?: MailFileKind;
  readonly mbox?: MboxQuoting;
  readonly toServer?: boolean;
  readonly dryRun?: boolean;
}

/** Where the mail goes: an archive of this kind, or null: onto the server. */
type Target = ArchiveRule | null;

/** What either import reports. */
interface Outcome extends ImportTally {
  readonly problems: readonly ImportProblem[];
  readonly otherFiles: number;
  readonly archives?: readonly { readonly id: string; readonly verified: boolean }[];
  /** The server's words when the mailbox was full. */
  readonly full?: string | null;
}

export async function importCommand(
  context: Context,
  [path = '']: readonly string[],
  options: ImportFlags,
): Promise<ExitCode> {
  if (!/^[^/]+(?:\/[^/]+)*$/.test(options.folder))
    throw usage(`--folder takes a name like Imported or Imported/2019, not "${options.folder}"`);
  return withApp(context, options.dryRun === true ? 'read-only' : 'create', async (app) => {
    const account = oneAccount(app, context);
    const target = options.toServer === true ? null : ruleOf(app, options);
    const source: ImportSource = {
      files: app.files,
      path: resolve(context.cwd, path),
      kind: options.kind ?? null,
      quoting: options.mbox ?? null,
      folder: options.folder,
    };
    if (options.dryRun === true) {
      const look = app.look(account);
      await using _login = look.connection;
      return show(context, { dryRun: true, account, target }, await planned(app, look, source, target));
    }
    const question = `Put the mail of ${source.path} onto the server, into ${options.folder} of ${account.account}?`;
    if (target === null && !(await confirmed(context, question))) {
      context.io.err('nothing was done');
      return exit.ok;
    }
    const outcome = await app.withAccount(account, (work) => audited(app, work, source, target));
    if (outcome === 'locked') throw lockedError(account, 'nothing was imported');
    return show(context, { dryRun: false, account, target }, outcome);
  });
}

/** Imported mail belongs to somebody. @throws `usage` when `--account` does not name just one. */
function oneAccount(app: App, context: Context): AccountRef {
  const [first, second] = selectAccounts(app.config, context);
  if (first !== undefined && second === undefined) return first;
  throw usage('name the one account that the mail belongs to with --account');
}

function ruleOf({ stores, config }: App, { store, format, compression }: ImportFlags): ArchiveRule {
  const names = [...stores.keys()];
  const [only, another] = names;
  const to = store ?? (another === undefined ? only : undefined);
  if (to === undefined || !stores.has(to)) {
    throw usage(
      `${store === undefined ? 'name a store with --store' : `--store names "${store}", which is not in ${config.file}`}; there are ${names.join(', ')}`,
    );
  }
  const zip = format === 'eml-zip';
  if (compression !== undefined && compression !== 'none' && zip !== (compression === 'deflate')) {
    const allowed = zip ? 'deflate or none' : 'zstd, gzip or none';
    throw usage(`--compression ${compression} does not go with --format ${format}; use ${allowed}`);
  }
  return { to, format, compression: compression ?? (zip ? 'deflate' : 'zstd') };
}

function planned(app: App, work: AccountWork, source: ImportSource, target: Target): Promise<Outcome> {
  return target === null
    ? planServerImport(work, source)
    : planArchiveImport(work, source, [...app.stores.keys()]);
}

async function audited(app: App, work: LockedWork, source: ImportSource, target: Target): Promise<Outcome> {
  const { account } = work.account;
  const where = target === null ? 'the server' : `store ${target.to}`;
  const detail = `${source.path} to ${source.folder}, ${where}`;
  await app.catalog.addAudit(auditOf(app.clock, 'import', account, detail));
  const outcome =
    target === null
      ? await importOntoServer(work, source)
      : await importIntoArchive(work, source, target, [...app.stores.keys()]);
  const { messages } = outcome.imported;
  await app.catalog.addAudit(
    auditOf(
      app.clock,
      'import',
      account,
      `${detail}: ${messages} messages imported, ${outcome.present} there`,
    ),
  );
  return outcome;
}

interface Shown {
  readonly dryRun: boolean;
  readonly account: AccountRef;
  readonly target: Target;
}

function show({ io, options }: Context, { dryRun, account, target }: Shown, outcome: Outcome): ExitCode {
  const { imported, present, doubles, problems, otherFiles, full = null, archives = [] } = outcome;
  const store = target?.to ?? null;
  if (options.json === true) {
    const where = { ...account, target: target === null ? 'server' : 'archive', store, dryRun };
    printJson(io, 'import', { ...where, ...outcome, archives, full });
  } else {
    const verb = dryRun ? 'would be imported' : 'imported';
    const place = store === null ? 'onto the server' : `into store ${store}`;
    io.out(
      `${printable(account.account)}: ${count(imported.messages)} messages (${formatBytes(imported.bytes)}) ${verb} ${place}; ${count(present)} were there already, ${count(doubles)} stand twice in one folder of the source`,
    );
    for (const one of outcome.folders)
      if (one.messages > 0)
        io.out(`  ${printable(one.folder)}: ${count(one.messages)} messages (${formatBytes(one.bytes)})`);
    if (otherFiles > 0) io.out(`  ${count(otherFiles)} other files hold no mail`);
  }
  for (const { path, message, reason } of problems) {
    const where = message === null ? path : `${path}, message ${message}`;
    io.err(io.style('yellow', `${printable(where)}: ${printable(reason)}`, 'stderr'));
  }
  if (full !== null) io.err(io.style('red', 'The import stopped: the mailbox is full.', 'stderr'));
  const codes: ExitCode[] = [];
  if (archives.some(({ verified }) => !verified)) codes.push(exit.verification);
  if (problems.length > 0)
    codes.push(imported.messages + present + doubles === 0 ? exit.failure : exit.partial);
  return strongest(codes);
}

function usage(message: string): MothballError {
  return new MothballError(message, { code: 'usage' });
}
