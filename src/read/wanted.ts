import { hash } from 'node:crypto';
import type { AccountRef } from '../domain/account.ts';
import { sha256 as asSha256, type Sha256, shortId, type Uid } from '../domain/brands.ts';
import { DigestSet } from '../domain/digest-set.ts';
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
  const seen = new DigestSet();
  const originals = new Counts();
  const once: { readonly part: Wanted; readonly lines: readonly number[]; readonly made: MadeLines }[] = [];
  for (const part of sorted) {
    const { record, lines } = part;
    const { server, account } = record;
    const added = await addedUids(catalog, record);
    const made = new Map<number, string>();
    const again = new Set<number>();
    for await (const messages of factsOf(catalog, part)) {
      for (const message of messages) {
        const { line, uid, sha256 } = message;
        const { folder, which } = placeIn(record, message, onGmail);
        if (doubtful.places.get(folder)?.has(which) === true) {
          const key = digestOf([folder, which, sha256].join('\0'));
          if (seen.has(key)) {
            again.add(line);
            continue;
          }
          seen.add(key);
        }
        const isMade = added.has(uid);
        if (!isMade && !doubtful.made.has(sha256)) continue;
        const mail = [server, account, sha256].join('\0');
        if (isMade) made.set(line, mail);
        else originals.add(mail);
      }
    }
    const fresh = again.size === 0 ? lines : lines.filter((line) => !again.has(line));
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

/** What names messages in a folder, by folder: imports number their messages, so many may have one number. */
type Places = Map<string, Set<string | number>>;

function placesIn(places: Places, folder: string): Set<string | number> {
  const known = places.get(folder) ?? new Set();
  places.set(folder, known);
  return known;
}

/**
 * What has to be looked at closely: the places of messages that several lines name, and the digests
 * of messages that restores made. Most messages are neither, so little is kept of them.
 */
async function doubtfulOf(
  catalog: Catalog,
  parts: readonly Wanted[],
  onGmail: boolean,
): Promise<{ readonly places: Places; readonly made: ReadonlySet<Sha256> }> {
  const met: Places = new Map();
  const places: Places = new Map();
  const made = new Set<Sha256>();
  for (const part of parts) {
    const { record } = part;
    const added = await addedUids(catalog, record);
    for await (const messages of factsOf(catalog, part))
      for (const message of messages) {
        const { folder, which } = placeIn(record, message, onGmail);
        if (placesIn(met, folder).has(which)) placesIn(places, folder).add(which);
        placesIn(met, folder).add(which);
        if (added.has(message.uid)) made.add(message.sha256);
      }
  }
  return { places, made };
}

/** What the catalog knows of the lines that are wanted, some of them at a time; of some it may know nothing. */
export async function* factsOf(
  catalog: Pick<Catalog, 'lineFacts'>,
  { record, lines }: Wanted,
): AsyncGenerator<readonly LineFacts[]> {
  let next = 0;
  for await (const facts of catalog.lineFacts(record.id))
    yield facts.filter(({ line }) => {
      while ((lines[next] ?? Infinity) < line) next += 1;
      return lines[next] === line;
    });
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

function digestOf(key: string): Sha256 {
  return asSha256(hash('sha256', key));
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
