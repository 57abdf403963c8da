import { MothballError } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { Wanted } from './wanted.ts';

/** The shortest prefix of a run's ID that is accepted. */
const shortest = 6;

/**
 * The end of a day (UTC) like `2024-01-31`, or an instant like `2024-01-31T12:00Z`; without a zone it is
 * UTC. @throws `usage` for anything else.
 */
export function momentOf(text: string): Date {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/i.exec(text);
  const full = day ? `${text}T23:59:59.999Z` : `${text}${instant?.[1] === undefined ? 'Z' : ''}`;
  const date = new Date(day || instant !== null ? full : Number.NaN);
  // JavaScript takes February 31 for a day of March.
  if (!Number.isNaN(date.getTime()) && isDay(text.slice(0, 10))) return date;
  throw new MothballError(
    { fact: `--at takes a day like 2024-01-31 or a time like 2024-01-31T12:00Z, not "${text}"` },
    { code: 'usage' },
  );
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/**
 * What of it was archived until then: lines of archives that were begun at or before that moment, of
 * messages that had arrived by then. Of a message that was archived several times until then, the last
 * copy counts, with its flags.
 */
export async function asOf(
  catalog: Catalog,
  wanted: readonly Wanted[],
  at: Date,
): Promise<readonly Wanted[]> {
  const doubt = ({ state }: ArchiveRecord): number => (state === 'quarantined' ? 1 : 0);
  const until = wanted
    .filter(({ record }) => record.created.getTime() <= at.getTime())
    .toSorted(
      (a, b) => doubt(a.record) - doubt(b.record) || b.record.created.getTime() - a.record.created.getTime(),
    );
  const seen = new Set<string>();
  const kept: Wanted[] = [];
  for (const { record, lines } of until) {
    const { server, account, folder, uidValidity, mailboxId } = record;
    const messages = await catalog.lines(record.id);
    const left = lines.filter((line) => {
      const message = messages[line];
      if (message === undefined || Date.parse(message.internalDate) > at.getTime()) return false;
      // Mail of files has no UIDs of a server.
      const which = [server, account, folder, uidValidity, mailboxId, message.uid, message.sha256];
      const key = JSON.stringify(which);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
    if (left.length > 0) kept.push({ record, lines: left });
  }
  return kept;
}

/**
 * What one run archived and deleted, by (the start of) its UUID, or by its ID as `runs` shows it, which
 * adds policy, server and account. @throws `missing` for an ID of no run, `usage` for one of several.
 */
export async function ofRun(catalog: Catalog, id: string): Promise<readonly Wanted[]> {
  const [prefix = '', policy, server, ...account] = id.split('/');
  if (!/^[0-9a-f-]+$/i.test(prefix) || prefix.length < shortest)
    throw new MothballError(
      { fact: `"${id}" is not the ID of a run`, remedy: `Give at least ${shortest} of its characters` },
      { code: 'usage' },
    );
  const contents = await catalog.runContents(prefix.toLowerCase());
  const runs = new Set(contents.map(({ run }) => run));
  if (runs.size === 0)
    throw new MothballError(
      { fact: `no run with an ID that starts with ${prefix} has archived or deleted anything that is left` },
      { code: 'missing' },
    );
  if (runs.size > 1)
    throw new MothballError(
      { fact: `${runs.size} runs have IDs that start with ${prefix}`, remedy: 'Give more characters' },
      { code: 'usage' },
    );
  const wanted = new Map<string, { readonly record: ArchiveRecord; readonly lines: Set<number> }>();
  for (const { archive, lines } of contents) {
    const record = wanted.get(archive)?.record ?? (await catalog.archive(archive));
    if (record === null || !isOf(record, { policy, server, account: account.join('/') })) continue;
    const known = wanted.get(archive) ?? { record, lines: new Set<number>() };
    for (const line of lines) known.lines.add(line);
    wanted.set(archive, known);
  }
  return [...wanted.values()].map(({ record, lines }) => ({
    record,
    lines: [...lines].toSorted((a, b) => a - b),
  }));
}

function isOf(
  record: ArchiveRecord,
  {
    policy,
    server,
    account,
  }: { readonly policy: string | undefined; readonly server: string | undefined; readonly account: string },
): boolean {
  return (
    (policy === undefined || policy === record.policy) &&
    (server === undefined || server === record.server) &&
    (account === '' || account === record.account)
  );
}
