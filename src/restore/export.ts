import { bytes, shortId } from '../domain/brands.ts';
import type { Totals } from '../domain/plan.ts';
import type { MailFileKind, MailFiles } from '../ports/mail-files.ts';
import type { ReadMessage } from '../read/read-archive.ts';

/** Where to write mail, and as what. */
export interface ExportTarget {
  readonly files: MailFiles;
  readonly format: MailFileKind;
  readonly directory: string;
}

/**
 * Writes archived messages below a directory, as a tree of accounts and their folders. Never
 * overwrites or adds to a file that exists already. Files that hold the same message already are counted.
 * @throws `exists` for any other file that is in the way.
 */
export async function exportMessages(
  messages: AsyncIterable<ReadMessage>,
  { files, format, directory }: ExportTarget,
): Promise<Totals & { readonly present: number }> {
  const writer = await files.writer(format, directory);
  let count = 0;
  let size = 0;
  let present = 0;
  try {
    for await (const { record, line, info, data, release } of messages) {
      const outcome = await writer.add({
        origin: record,
        id: `${shortId(record.id)}-${line}`,
        internalDate: new Date(info.internalDate),
        flags: info.flags,
        subject: info.subject,
        data,
      });
      if (outcome === 'present') present += 1;
      else {
        count += 1;
        size += data.length;
      }
      release();
    }
  } finally {
    await writer.close();
  }
  return { messages: count, bytes: bytes(size), present };
}
