import { resolve } from 'node:path';
import { formatBytes } from '../domain/size.ts';
import { exportMessages, type ExportFormat } from '../export.ts';
import type { App } from '../compose.ts';
import { readMessages } from '../read-archive.ts';
import type { Wanted } from '../wanted.ts';
import { auditOf } from './audit.ts';
import { printJson, withApp, type Context } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { selectMessages, type SelectOptions } from './select-messages.ts';
import { count } from './table.ts';

interface ExportFlags extends SelectOptions {
  readonly format: ExportFormat;
  readonly toDir: string;
}

export async function exportCommand(
  context: Context,
  ids: readonly string[],
  options: ExportFlags,
): Promise<ExitCode> {
  return withApp(context, 'existing', async (app) => {
    const wanted = await selectMessages(app, context, ids, options);
    return exportTo(app, context, wanted, options.format, options.toDir, 'export');
  });
}

/** Writes the messages below a directory and says how many; for `export` and `restore --to-dir`. */
export async function exportTo(
  app: App,
  { io, options }: Context,
  wanted: readonly Wanted[],
  format: ExportFormat,
  toDir: string,
  action: 'export' | 'restore',
): Promise<ExitCode> {
  const directory = resolve(toDir);
  for (const { record, lines } of wanted) {
    await app.catalog.addAudit(
      auditOf(app.clock, action, record.account, `${lines.length} messages of ${record.id} to ${directory}`),
    );
  }
  const reader = { catalog: app.catalog, codec: app.codec, store: (name: string) => app.gate.find(name) };
  const done = await exportMessages(readMessages(reader, wanted), format, directory);
  if (options.json === true) printJson(io, action, { directory, format, ...done });
  else
    io.out(
      `${count(done.messages)} messages, ${formatBytes(done.bytes)}, written as ${format} to ${directory}`,
    );
  return exit.ok;
}
