import { type RawBuilder, sql } from 'kysely';
import {
  longestLineRead,
  longestListRead,
  longestRead,
  longestShown,
  mostFoundText,
  shownText,
} from '../domain/bounds.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { BrowseRecords } from '../ports/browse.ts';
import { decodeLine } from './line-rows.ts';
import { type Db, decodeRows, stringList } from './rows.ts';

/** Comes in place of a text that is too long to be read; no text of a message is this alone. */
const unread = '\uffff';

/** Message-ID, From, To, Subject and the flags. */
const fieldsFound = 5;

/** How much of a field a search takes, in UTF-16 units: the more messages it may list, the less. */
export function roomOf(limit: number | undefined): number {
  // Lists without an end are not shown: only the IDs of their messages are used.
  const room = limit === undefined ? 0 : Math.floor(mostFoundText / limit / fieldsFound);
  return Math.max(100, Math.min(longestShown, room));
}

/** The same of a name. Server, account and folder: honest ones are shown in full. */
export function nameRoomOf(limit: number | undefined): number {
  return Math.max(500, roomOf(limit));
}

/** One more character than is shown of a text column, so that it shows whether there are more. */
export function startOf<T extends string | null>(
  column: string,
  room: number,
  most: number = longestRead,
): RawBuilder<T> {
  const ref = sql.ref(column);
  return sql<T>`CASE WHEN octet_length(${ref}) > ${most} THEN ${unread} ELSE substr(${ref}, 1, ${room + 1}) END`;
}

/** A JSON column, unless it is too long to be read. */
export function listOf<T extends string | null>(column: string, most: number): RawBuilder<T> {
  const ref = sql.ref(column);
  return sql<T>`CASE WHEN octet_length(${ref}) > ${most} THEN ${unread} ELSE ${ref} END`;
}

/** Makes values that may be shown, and keeps the names of those that are not all of what is stored. */
export class Shown {
  readonly #cut = new Set<string>();
  readonly #room: number;

  constructor(room: number = longestShown) {
    this.#room = room;
  }

  get cut(): readonly string[] {
    return [...this.#cut];
  }

  text(name: string, value: string, room: number = this.#room): string {
    const shown = value === unread ? '…' : shownText(value, room);
    if (shown !== value) this.#cut.add(name);
    return shown;
  }

  textOrNull(name: string, value: string | null): string | null {
    return value === null ? null : this.text(name, value);
  }

  /** JSON of a list; an empty one where it is too long. */
  json(name: string, value: string, empty = '[]'): string {
    if (value !== unread) return value;
    this.#cut.add(name);
    return empty;
  }

  list(name: string, value: string): readonly string[] {
    return stringList(this.json(name, value));
  }
}

/** One manifest line, no more of it than is shown. */
export function shownLines(db: Db): Pick<BrowseRecords, 'shownLine'> {
  return {
    async shownLine(id, line) {
      const rows = await db
        .selectFrom('lines')
        .innerJoin('archives', 'archives.n', 'lines.archive_n')
        .select(['lines.archive_n', 'lines.line', 'lines.folder_id', 'lines.uid', 'lines.sha256'])
        .select(['lines.header_sha256', 'lines.size', 'lines.internal_date', 'lines.date', 'lines.state'])
        .select(['lines.crlf', 'lines.added_newline', 'lines.size_mismatch', 'lines.pending_since'])
        .select(['lines.frame_offset', 'lines.frame_length', 'lines.stored_offset', 'lines.stored_length'])
        .select('lines.reason')
        .select(startOf<string | null>('lines.email_id', longestShown, longestLineRead).as('email_id'))
        .select(startOf<string | null>('lines.message_id', longestShown, longestLineRead).as('message_id'))
        .select(startOf<string | null>('lines.sender', longestShown, longestLineRead).as('sender'))
        .select(startOf<string | null>('lines.recipients', longestShown, longestLineRead).as('recipients'))
        .select(startOf<string | null>('lines.subject', longestShown, longestLineRead).as('subject'))
        .select(listOf<string>('lines.flags', longestListRead).as('flags'))
        .select(listOf<string | null>('lines.labels', longestListRead).as('labels'))
        .select(listOf<string | null>('lines.headers', longestListRead).as('headers'))
        .select(listOf<string | null>('lines.cut', longestListRead).as('cut'))
        .where('archives.id', '=', id)
        .where('lines.line', '=', line)
        .execute();
      const decoded = await decodeRows(rows, (row): ManifestMessage => {
        const shown = new Shown();
        const whole = decodeLine({
          ...row,
          flags: shown.json('flags', row.flags),
          labels: row.labels === null ? null : shown.json('labels', row.labels),
          headers: row.headers === null ? null : shown.json('headers', row.headers, '{}'),
          cut: row.cut === null ? null : shown.json('cut', row.cut),
        });
        const texts = {
          emailId: shown.textOrNull('emailId', whole.emailId),
          messageId: shown.textOrNull('messageId', whole.messageId),
          from: shown.textOrNull('from', whole.from),
          to: shown.textOrNull('to', whole.to),
          subject: shown.textOrNull('subject', whole.subject),
        };
        const cut = [...new Set([...(whole.cut ?? []), ...shown.cut])];
        return { ...whole, ...texts, ...(cut.length === 0 ? {} : { cut }) };
      });
      return decoded[0] ?? null;
    },
  };
}
