import type { AccountRef } from '../domain/account.ts';
import { type Sha256, shortId } from '../domain/brands.ts';
import { MothballError } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { ArchiveRecord, MessageQuery } from '../ports/records.ts';

/** Lines wanted of one archive, ascending. */
export interface Wanted {
  readonly record: ArchiveRecord;
  readonly lines: readonly number[];
}

/** What a person names: archives or messages by (the start of) their ID, or a search. */
export interface Selector {
  readonly ids: readonly string[];
  readonly query: MessageQuery | null;
}

/** The shortest prefix of an archive ID that is accepted. */
const shortest = 6;

/**
 * Finds what was named. Expired archives are gone and don't count. Without IDs and without a query
 * nothing is wanted: "everything" has to be said.
 * @throws `missing` for an ID that names nothing, `usage` for one that names several archives.
 */
export async function findWanted(
  catalog: Catalog,
  selector: Selector,
  accounts: readonly AccountRef[] | null,
): Promise<readonly Wanted[]> {
  const lines = new Map<Sha256, { readonly record: ArchiveRecord; readonly lines: Set<number> }>();
  const want = (record: ArchiveRecord, wanted: Iterable<number>): void => {
    const known = lines.get(record.id) ?? { record, lines: new Set<number>() };
    for (const line of wanted) known.lines.add(line);
    lines.set(record.id, known);
  };
  for (const id of selector.ids) {
    const [prefix = '', line] = id.split('/');
    const record = await oneArchive(catalog, prefix);
    want(record, line === undefined ? allLines(record) : [lineNumber(id, line, record)]);
  }
  if (selector.query !== null) {
    const records = new Map<Sha256, ArchiveRecord>();
    for (const row of await catalog.search(selector.query)) {
      const record = records.get(row.archive) ?? (await catalog.archive(row.archive));
      if (record === null) continue;
      records.set(row.archive, record);
      want(record, [row.line]);
    }
  }
  const covered = (record: ArchiveRecord): boolean =>
    accounts === null ||
    accounts.some(({ server, account }) => server === record.server && account === record.account);
  return [...lines.values()]
    .filter(({ record }) => covered(record))
    .map((wanted) => ({ record: wanted.record, lines: [...wanted.lines].toSorted((a, b) => a - b) }));
}

/** The archive whose ID starts with the prefix. @throws `missing`, or `usage` when there are several. */
export async function oneArchive(catalog: Catalog, prefix: string): Promise<ArchiveRecord> {
  if (!/^[0-9a-f]+$/.test(prefix) || prefix.length < shortest) {
    throw new MothballError(
      {
        fact: `"${prefix}" is not an archive ID`,
        remedy: `Give at least ${shortest} of its hexadecimal digits (see \`mothball archives\`)`,
      },
      { code: 'usage' },
    );
  }
  const all = await catalog.archives({ idPrefix: prefix });
  const found = all.filter(({ state }) => state !== 'expired');
  const [first, second] = found;
  if (first === undefined) throw notThere(prefix, all[0] ?? null);
  if (second !== undefined)
    throw new MothballError(
      { fact: `${found.length} archives have IDs that start with ${prefix}`, remedy: 'Give more digits' },
      { code: 'usage' },
    );
  return first;
}

function notThere(prefix: string, expired: ArchiveRecord | null): MothballError {
  const fact =
    expired === null
      ? `no archive has an ID that starts with ${prefix} (see \`mothball archives\`)`
      : `archive ${shortId(expired.id)} was removed for good by \`expire\` (${expired.stateReason ?? 'no reason recorded'}): its mail can't be read or restored any more`;
  return new MothballError({ fact }, { code: 'missing' });
}

function allLines(record: ArchiveRecord): Iterable<number> {
  return Array.from({ length: record.messages }, (_, line) => line);
}

function lineNumber(id: string, text: string, record: ArchiveRecord): number {
  const line = Number(text);
  if (/^\d+$/.test(text) && line < record.messages) return line;
  throw new MothballError(
    { fact: `${id}: archive ${shortId(record.id)} has messages 0 to ${record.messages - 1}` },
    { code: 'missing' },
  );
}

/**
 * Two policies, or two archives, may hold copies of one message: it is wanted once, from the best
 * archive. A message that a restore made and that was archived again under its new UID is the one that
 * it was made of, so it is not wanted beside that. `onGmail`: X-GM-MSGID names a message. Where in doubt a message is wanted once too often.
 */
export async function onceEach(
  catalog: Catalog,
  parts: readonly Wanted[],
  onGmail = false,
): Promise<readonly Wanted[]> {
  const seen = new Set<string>();
  const originals = new Counts();
  const once: { readonly part: Wanted; readonly lines: readonly number[]; readonly made: Made }[] = [];
  const trust = (part: Wanted): number =>
    ['verified', 'sealed', 'quarantined', 'expired'].indexOf(part.record.state);
  // Of two alike the newer one: on Gmail it has the labels that the message had last.
  const better = (a: Wanted, b: Wanted): number =>
    trust(a) - trust(b) || b.record.created.getTime() - a.record.created.getTime();
  for (const part of parts.toSorted(better)) {
    const { record, lines } = part;
    const { server, account, folder, uidValidity, mailboxId } = record;
    const messages = await catalog.lines(record.id);
    const added = await catalog.addedUids({ server, account }, folder, uidValidity);
    const made = new Map<number, string>();
    const fresh = lines.filter((line) => {
      const { uid, sha256, emailId } = messages[line] ?? {};
      // Back from Trash, a message of Gmail has another UID and is the same one.
      const which = onGmail && emailId != null ? emailId : [uidValidity, mailboxId, uid].join('\0');
      const key = [server, account, folder, which, sha256].join('\0');
      if (seen.has(key)) return false;
      seen.add(key);
      const mail = [server, account, sha256].join('\0');
      if (uid !== undefined && added.has(uid)) made.set(line, mail);
      else originals.add(mail);
      return true;
    });
    once.push({ part, lines: fresh, made });
  }
  const spare = sparesOf(
    once.map(({ made }) => made),
    originals,
  );
  const found = new Map(once.map((one) => [one.part, one]));
  const inOrder = parts.toSorted((a, b) => trust(a) - trust(b)).flatMap((part) => found.get(part) ?? []);
  return inOrder.map(({ part: { record }, lines, made }) => ({
    record,
    lines: lines.filter((line) => {
      const mail = made.get(line);
      return mail === undefined || originals.of(mail) === 0 || spare.take(mail);
    }),
  }));
}

/** Lines of one archive that restores made, each with what identifies its bytes. */
type Made = ReadonlyMap<number, string>;

/**
 * How many copies of each message are wanted beside its originals: an archive holds copies of one
 * restore only, so if it has more than there are originals, some of these are no longer here.
 */
function sparesOf(archives: readonly Made[], originals: Counts): Counts {
  const spares = new Counts();
  for (const made of archives) {
    const here = new Counts();
    for (const mail of made.values()) here.add(mail);
    for (const mail of new Set(made.values()))
      while (spares.of(mail) + originals.of(mail) < here.of(mail)) spares.add(mail);
  }
  return spares;
}

class Counts {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    this.#counts.set(key, this.of(key) + 1);
  }

  /** One less; false: there is none. */
  take(key: string): boolean {
    const left = this.of(key);
    if (left > 0) this.#counts.set(key, left - 1);
    return left > 0;
  }
}

/** What is to be restored, for progress. Where not all lines of an archive are wanted, bytes are an estimate. */
export function wantedTotals(wanted: readonly Wanted[]): {
  readonly messages: number;
  readonly bytes: number;
} {
  const messages = wanted.reduce((sum, part) => sum + part.lines.length, 0);
  const bytes = wanted.reduce(
    (sum, { record, lines }) => sum + (record.bytes * lines.length) / Math.max(1, record.messages),
    0,
  );
  return { messages, bytes: Math.round(bytes) };
}
