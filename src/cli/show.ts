import { printable } from '../domain/printable.ts';
import { MothballError } from '../errors.ts';
import { type Damaged, readArchived } from '../read/read-archive.ts';
import { findWanted } from '../read/wanted.ts';
import { readerFor } from './archive-reader.ts';
import { auditOf } from './audit.ts';
import { type CommonOptions, type Context, printJson, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';

/**
 * Writes the message to stdout exactly as IMAP delivered it. On a terminal control characters are
 * escaped, since a sender could use them to rewrite the screen or the clipboard.
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
      else
        for (const [name, value] of Object.entries(info ?? {}))
          io.out(`${name}: ${printable(typeof value === 'string' ? value : JSON.stringify(value))}`);
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
      else for (const line of linesOf(data)) io.out(printable(line).replaceAll('\\u{9}', '\t'));
    }
    return exit.ok;
  });
}

/** The lines of a message, without their ends. Bytes that are no UTF-8 become U+FFFD. */
function* linesOf(data: Uint8Array): Generator<string> {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0x0a, start);
    const line = bytes.toString('utf8', start, end < 0 ? bytes.length : end);
    yield line.endsWith('\r') ? line.slice(0, -1) : line;
    start = end < 0 ? bytes.length : end + 1;
  }
}
