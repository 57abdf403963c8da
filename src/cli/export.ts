import { resolve } from 'node:path';
import type { App } from '../compose.ts';
import { shortId } from '../domain/brands.ts';
import { count, countOf } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import { formatBytes } from '../domain/size.ts';
import type { MailFileKind } from '../ports/mail-files.ts';
import { type Damaged, readArchived } from '../read/read-archive.ts';
import type { Wanted } from '../read/wanted.ts';
import { exportMessages } from '../restore/export.ts';
import { readerFor } from './archive-reader.ts';
import { auditOf } from './audit.ts';
import { type Context, printJson, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { selectMessages, type SelectOptions, selectorOf } from './select-messages.ts';

interface ExportFlags extends SelectOptions {
  readonly format: MailFileKind;
  readonly toDir: string;
}

export async function exportCommand(
  context: Context,
  ids: readonly string[],
  options: ExportFlags,
): Promise<ExitCode> {
  const selector = selectorOf(ids, options);
  return withApp(context, 'existing', async (app) => {
    const wanted = await selectMessages(app, context, selector);
    const { format, toDir } = options;
    return exportTo(app, context, wanted, { action: 'export', format, toDir });
  });
}

/** What is written, where to, and the command that it is for. */
interface ExportTarget {
  readonly action: 'export' | 'restore';
  readonly format: MailFileKind;
  readonly toDir: string;
}

/** Writes the messages below a directory and shows how many; for `export` and `restore --to-dir`. */
export async function exportTo(
  app: App,
  { io, options, cwd }: Context,
  wanted: readonly Wanted[],
  { action, format, toDir }: ExportTarget,
): Promise<ExitCode> {
  const directory = resolve(cwd, toDir);
  const reader = readerFor(app, wanted);
  for (const { record, lines } of wanted) {
    await app.catalog.addAudit(
      auditOf(
        app.clock,
        action,
        record.account,
        `${countOf(lines.length, 'message')} of ${record.id} to ${directory}`,
      ),
    );
  }
  const faults: Damaged[] = [];
  const messages = readArchived(reader, wanted, (fault) => faults.push(fault));
  const done = await exportMessages(messages, { files: app.files, format, directory });
  const damaged = faults.map(({ record, line, reason }) => ({ archive: record.id, line, reason }));
  if (options.json === true) printJson(io, action, { directory, format, ...done, damaged });
  else
    io.out(
      `${countOf(done.messages, 'message')}, ${formatBytes(done.bytes)}, written as ${format} to ${directory}${done.present > 0 ? `; ${count(done.present)} already there` : ''}`,
    );
  for (const { archive, line, reason } of damaged) {
    io.err(
      io.style(
        'red',
        `${shortId(archive)}${line === null ? '' : `/${line}`} was not written: ${printable(reason)}`,
        'stderr',
      ),
    );
  }
  if (faults.some(({ refused }) => !refused)) return exit.verification;
  return faults.length > 0 ? exit.partial : exit.ok;
}
