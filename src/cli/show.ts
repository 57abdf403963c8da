import { MothballError } from '../errors.ts';
import { type Damaged, readArchived } from '../read/read-archive.ts';
import { findWanted } from '../read/wanted.ts';
import { readerFor } from './archive-reader.ts';
import { auditOf } from './audit.ts';
import { type CommonOptions, type Context, printJson, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { indexLines, showText } from './show-text.ts';

/**
 * Writes the message to stdout exactly as IMAP delivered it; on a terminal as decoded text, with control
 * characters escaped, since a sender could use them to rewrite the screen or the clipboard.
 */
export async function show(
  context: Context,
  args: readonly string[],
  options: CommonOptions & { readonly headers?: boolean; readonly raw?: boolean },
): Promise<ExitCode> {
  const [id = ''] = args;
  if (!id.includes('/'))
    throw new MothballError(
      {
        fact: `show takes the ID of one message, like 0123456789ab/17, not "${id}"`,
        remedy: 'Run `mothball search` to find it',
      },
      { code: 'usage' },
    );
  return withApp(context, 'existing', async (app) => {
    const { io } = context;
    const wanted = await findWanted(app.catalog, { ids: [id], query: null }, null);
    const [first] = wanted;
    await app.catalog.addAudit(auditOf(app.clock, 'show', first?.record.account ?? null, id));
    if (options.headers === true && first !== undefined) {
      const info = await app.catalog.shownLine(first.record.id, first.lines[0] ?? 0);
      if (options.json === true) printJson(io, 'show', { message: info });
      else if (info !== null) for (const line of indexLines(info, first.record, context.zone)) io.out(line);
      return exit.ok;
    }
    const reader = readerFor(app, wanted);
    const stop = ({ reason, refused }: Damaged): never => {
      throw new MothballError(
        { fact: `${id} can't be read back: ${reason}` },
        { code: refused ? 'refused' : 'verify' },
      );
    };
    for await (const { data, info } of readArchived(reader, wanted, stop)) {
      if (options.json === true)
        printJson(io, 'show', { message: info, base64: Buffer.from(data).toString('base64') });
      else if (!io.stdoutIsTty || options.raw === true) io.raw(data);
      else await showText(io, data, info);
    }
    return exit.ok;
  });
}
