import type { AccountRef } from '../domain/account.ts';
import { type Sha256, shortId, type Uid } from '../domain/brands.ts';
import { MothballError } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { LineFacts } from '../ports/lines.ts';
import type { ArchiveRecord, MessageQuery } from '../ports/records.ts';
import { Counts, type MadeLines, sparesOf } from './spare-copies.ts';

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
  const found = new Map<Sha256, { readonly record: ArchiveRecord; lines: readonly number[] }>();
  const want = (record: ArchiveRecord, lines: readonly number[]): void => {
    const known = found.get(record.id);
    if (known === undefined) found.set(record.id, { record, lines });
    else known.lines = [...new Set([...known.lines, ...lines])].toSorted((a, b) => a - b);
  };
  for (const id of selector.ids) {
    const [prefix = '', line] = id.split('/');
    const record = await oneArchive(catalog, prefix);
    want(record, line === undefined ? allLines(record) : [lineNumber(id, line, record)]);
  }
  if (selector.query !== null) {
    for (const { archive, lines } of await catalog.findLines(selector.query)) {
      const record = await catalog.archive(archive);
      if (record !== null) want(record, lines);
    }
  }
  const covered = (record: ArchiveRecord): boolean =>
    accounts === null ||
    accounts.some(({ server, account }) => server === record.server && account === record.account);
  return [...found.values()].filter(({ record }) => covered(record));
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

function allLines(record: ArchiveRecord): readonly number[] {
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
  const trust = (part: Wanted): number =>
    ['verified', 'sealed', 'quarantined', 'expired'].indexOf(part.record.state);
  // Of two alike the newer one: on Gmail it has the labels that the message had last.
  const better = (a: Wanted, b: Wanted): number =>
    trust(a) - trust(b) || b.record.created.getTime() - a.record.created.getTime();
  const sorted = parts.toSorted(better);
  const doubtful = await doubtfulOf(catalog, sorted, onGmail);
  const seen = new Set<string>();
  const originals = new Counts();
  const once: { readonly part: Wanted; readonly lines: readonly number[]; readonly made: MadeLines }[] = [];
  for (const part of sorted) {
    const { record, lines } = part;
    const { server, account } = record;
    const messages = await catalog.lineFacts(record.id);
    const added = await addedUids(catalog, record);
    const made = new Map<number, string>();
    const fresh = lines.filter((line) => {
      const message = messages[line];
      const { uid, sha256 } = message ?? {};
      const place = message === undefined ? undefined : placeOf(record, message, onGmail);
      if (place !== undefined && doubtful.places.has(place)) {
        const key = [place, sha256].join('\0');
        if (seen.has(key)) return false;
        seen.add(key);
      }
      const mail = [server, account, sha256].join('\0');
      if (uid !== undefined && added.has(uid)) made.set(line, mail);
      else if (sha256 !== undefined && doubtful.made.has(sha256)) originals.add(mail);
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

/**
 * What has to be looked at closely: the places of messages that several lines name, and the digests
 * of messages that restores made. Most messages are neither, so little is kept of them.
 */
async function doubtfulOf(
  catalog: Catalog,
  parts: readonly Wanted[],
  onGmail: boolean,
): Promise<{ readonly places: ReadonlySet<string>; readonly made: ReadonlySet<Sha256> }> {
  const met = new Map<string, Set<string | number>>();
  const places = new Set<string>();
  const made = new Set<Sha256>();
  for (const { record, lines } of parts) {
    const added = await addedUids(catalog, record);
    const messages = await catalog.lineFacts(record.id);
    for (const line of lines) {
      const message = messages[line];
      if (message === undefined) continue;
      const { folder, which } = placeIn(record, message, onGmail);
      const known = met.get(folder) ?? new Set();
      met.set(folder, known);
      if (known.has(which)) places.add(placeOf(record, message, onGmail));
      known.add(which);
      if (added.has(message.uid)) made.add(message.sha256);
    }
  }
  return { places, made };
}

function addedUids(
  catalog: Catalog,
  { server, account, folder, uidValidity }: ArchiveRecord,
): Promise<ReadonlySet<Uid>> {
  return catalog.addedUids({ server, account }, folder, uidValidity);
}

/** The folder of a message, and what names the message in it. */
function placeIn(
  { server, account, folder, uidValidity, mailboxId }: ArchiveRecord,
  { uid, emailId }: LineFacts,
  onGmail: boolean,
): { readonly folder: string; readonly which: string | number } {
  const path = [server, account, folder];
  // Back from Trash, a message of Gmail has another UID and is the same one.
  if (onGmail && emailId !== null) return { folder: path.join('\0'), which: emailId };
  return { folder: [...path, uidValidity, mailboxId].join('\0'), which: uid };
}

function placeOf(record: ArchiveRecord, message: LineFacts, onGmail: boolean): string {
  const { folder, which } = placeIn(record, message, onGmail);
  return `${folder}\0${which}`;
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
