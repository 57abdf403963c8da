import { textOfMessage } from '../compose.ts';
import { bytes } from '../domain/brands.ts';
import { printable } from '../domain/printable.ts';
import { formatBytes } from '../domain/size.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { Terminal } from './terminal.ts';
import { timeText } from './when.ts';

type Info = Pick<ManifestMessage, 'from' | 'to' | 'subject' | 'date' | 'internalDate'>;

/** A message for a person at a terminal: its main headers, its text, and what is attached. Nothing in it acts. */
export async function showText(io: Terminal, data: Uint8Array, info: Info): Promise<void> {
  const { headers, text, attachments, cut, from } = await textOfMessage(data);
  const header = (name: string): string | null =>
    headers.find(([known]) => known.toLowerCase() === name)?.[1] ?? null;
  const rows = [
    ['From', info.from ?? header('from')],
    ['To', info.to ?? header('to')],
    ['Cc', header('cc')],
    ['Date', header('date') ?? info.internalDate],
    ['Subject', info.subject ?? header('subject')],
  ] as const;
  for (const [name, value] of rows)
    if (value !== null) io.out(`${io.style('bold', `${name}:`)} ${screenText(value)}`);
  for (const { name, type, bytes: size } of attachments)
    io.out(
      `${io.style('bold', 'Attachment:')} ${screenText(name ?? 'without a name')} (${screenText(type)}, ${formatBytes(bytes(size))})`,
    );
  io.out('');
  for (const line of text.replace(/\r?\n$/, '').split('\n')) io.out(screenText(line.replace(/\r$/, '')));
  if (cut) io.err('this is not all of the message; --raw shows all of it');
  else if (from === 'html') io.err('made from HTML; --raw shows the message as it is');
}

/** What the index has of a message, as lines. */
export function indexLines(info: ManifestMessage, record: ArchiveRecord, zone: string): readonly string[] {
  const rows: readonly (readonly [string, string | null])[] = [
    ['From', info.from],
    ['To', info.to],
    ['Subject', info.subject],
    ['Date', info.date === null ? null : timeText(new Date(info.date), zone)],
    ['Received', timeText(new Date(info.internalDate), zone)],
    ['Message-ID', info.messageId],
    ['Account', `${record.account} on ${record.server}`],
    ['Folder', record.folder],
    ['UID', String(info.uid)],
    ['Size', formatBytes(info.size)],
    ['Flags', info.flags.join(' ')],
    ['Labels', info.labels.join(' ')],
    ['Archive', record.id],
    ['Store', record.store],
    ['SHA-256', info.sha256],
    ...Object.entries(info.headers).map(([name, values]) => [name, values.join(', ')] as const),
  ];
  return rows.flatMap(([name, value]) =>
    value === null || value === '' ? [] : [`${printable(name)}: ${screenText(value)}`],
  );
}

/** Escaped, but for tabs. */
function screenText(text: string): string {
  return printable(text).replaceAll('\\u{9}', '\t');
}
