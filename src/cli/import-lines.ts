import { shortId } from '../domain/brands.ts';
import { countOf } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import type { ImportProblem, SourceFacts } from '../import/incoming.ts';
import type { HoldingArchive } from '../ports/copies.ts';

export function problemLine({ path, message, offset, reason }: ImportProblem): string {
  const where = message === null ? path : `${path}, message ${message} at byte ${offset ?? 0}`;
  return `${printable(where)}: ${printable(reason)}`;
}

/** Archives that are named at most. */
const mostNamed = 10;

/** Where the messages are that were not imported again. */
export function placeLines(presentIn: readonly HoldingArchive[]): readonly string[] {
  const lines = presentIn
    .slice(0, mostNamed)
    .map(
      ({ archive, folder, messages }) =>
        `already there: ${countOf(messages, 'message')} in archive ${shortId(archive)}, folder ${printable(folder)}`,
    );
  const more = presentIn.length - lines.length;
  return more > 0
    ? [...lines, `already there: more in ${countOf(more, 'other archive')}; --json lists all`]
    : lines;
}

/** What was left out, or should be known, each in a line. */
export function factLines(facts: SourceFacts): readonly string[] {
  const { deleted, folderData, datedByFile, labelsUnused } = facts;
  const lines: string[] = [];
  if (deleted > 0)
    lines.push(
      `${countOf(deleted, 'message')} marked as deleted by a mail program, skipped; --with-deleted takes them`,
    );
  if (folderData > 0)
    lines.push(`${countOf(folderData, 'note')} of a mail program about its folder, skipped`);
  if (datedByFile > 0)
    lines.push(
      `${countOf(datedByFile, 'message')} without a date that can be read: the time of the file is used`,
    );
  if (labelsUnused > 0)
    lines.push(
      `${countOf(labelsUnused, 'message')} with Gmail labels: --folders-from gmail-labels makes folders of them`,
    );
  lines.push(...facts.notes.map(({ path, note }) => `${printable(path)}: ${note}`));
  const kinds = Map.groupBy(facts.skipped, ({ kind }) => kind);
  for (const [kind, files] of kinds)
    lines.push(
      `${countOf(files.length, 'file')} skipped, ${kind}:`,
      ...files.map(({ path }) => `  ${printable(path)}`),
    );
  return lines;
}
