import { sql } from 'kysely';
import { sha256 } from '../domain/brands.ts';
import type { BrowseRecords } from '../ports/browse.ts';
import type { RunContent } from '../ports/records.ts';
import { type Db, decodeRows } from './rows.ts';
import { deleteStates } from './schema.ts';
import { words } from './words-of.ts';

const deleted = deleteStates.indexOf('deleted');

/** What runs archived, and what they deleted. */
export function runContents(db: Db): Pick<BrowseRecords, 'runContents'> {
  return {
    async runContents(prefix) {
      // `~` follows every character of a UUID: a range that the indexes serve.
      const end = `${prefix}~`;
      const { rows: made } = await sql<{ run: string; archive: string; messages: number }>`
        SELECT run, id AS archive, messages FROM archives
        WHERE run >= ${prefix} AND run < ${end} AND state <> 'expired' ORDER BY n`.execute(db);
      const { rows: gone } = await sql<{ run: string; archive: string; line: number }>`
        SELECT DISTINCT purged_lines.run AS run, archives.id AS archive, lines.line AS line
        FROM purged_lines JOIN archives ON archives.n = purged_lines.archive_n
        JOIN lines ON lines.archive_n = archives.n
          AND lines.line IN ${words(db).numbersOf('purged_lines.lines')}
        WHERE purged_lines.run >= ${prefix} AND purged_lines.run < ${end}
          AND archives.state <> 'expired' AND lines.state = ${deleted}
        ORDER BY archives.n, lines.line`.execute(db);
      const parts = new Map<string, number[]>();
      for (const { run, archive, line } of gone) {
        const key = `${run}\0${archive}`;
        const lines = parts.get(key) ?? [];
        lines.push(line);
        parts.set(key, lines);
      }
      const all = made.map(({ run, archive, messages }) => ({
        run,
        archive,
        lines: Array.from({ length: messages }, (_, line) => line),
      }));
      const purged = [...parts].map(([key, lines]) => {
        const [run = '', archive = ''] = key.split('\0');
        return { run, archive, lines };
      });
      return await decodeRows([...all, ...purged], (row): RunContent => ({
        ...row,
        archive: sha256(row.archive),
      }));
    },
  };
}
