import type { Folder, Role } from '../domain/folder.ts';
import { longestFolderName } from '../domain/bounds.ts';
import type { Oddity } from '../domain/oddity.ts';
import { decodeMailboxName, encodeMailboxName } from '../format/mailbox-name.ts';
import type { Ask } from './ask.ts';
import type { ServerFeatures } from './capabilities.ts';
import { sizeItems } from './folder-size.ts';
import { escapeServerText, protocolError } from './imap-errors.ts';
import { isReadableListLine } from './list-line.ts';
import { type Namespace, namespaceOf, readNamespaces } from './namespaces.ts';
import { type Argument, asKeyword, asList, asOctets, asText, atom, octets, quoted } from './wire-token.ts';
import type { Parsed } from './reply.ts';
import type { Wire } from './wire.ts';

/** One LIST row. */
export interface Listed {
  readonly path: string;
  readonly delimiter: string | null;
  /** In capitals, with the backslash. */
  readonly attributes: readonly string[];
  /** False when the server's bytes for the name are lost, so that it can't be named back. */
  readonly nameable: boolean;
  /** Two lines say different things of it. */
  readonly doubtful: boolean;
}

const roles: Readonly<Record<string, Role>> = {
  '\\ALL': 'all',
  '\\ARCHIVE': 'archive',
  '\\DRAFTS': 'drafts',
  '\\FLAGGED': 'flagged',
  '\\IMPORTANT': 'important',
  '\\JUNK': 'junk',
  '\\SENT': 'sent',
  '\\TRASH': 'trash',
};
/** Attributes of folders that can't be opened. */
const gone: ReadonlySet<string> = new Set(['\\NOSELECT', '\\NONEXISTENT']);
const mirrors: ReadonlySet<Role> = new Set(['all', 'flagged', 'important']);

/**
 * Every folder by LIST (RFC 9051 §6.3.9) with SPECIAL-USE (RFC 6154). Roles come from the server
 * alone; no role is guessed from a name. A line that can't be read to the letter names nothing, and a
 * folder of which two lines say different things is left alone: both are reported.
 */
export async function listFolders(
  wire: Wire,
  features: ServerFeatures,
  report: (oddity: Oddity) => void = () => undefined,
  /** What LIST "" "*" answered, where it was asked already. */
  listed: readonly Listed[] | null = null,
): Promise<readonly Folder[]> {
  const namespaces = await readNamespaces(wire, features.given);
  const rows = new Map<string, Listed>();
  const collect = async (prefix: string, given: readonly Listed[] | null = null): Promise<void> => {
    const specialUse = features.listReturn;
    for (const row of given ?? (await list(wire, { prefix, wildcard: '*', specialUse }, report))) {
      const before = rows.get(row.path);
      rows.set(
        row.path,
        before === undefined || alike(before, row) ? (before ?? row) : doubtful(before, report),
      );
    }
  };
  await collect('', listed);
  // A server may leave other namespaces out of LIST "" "*" (RFC 2342 §5).
  for (const { prefix } of namespaces) {
    if (prefix !== '' && ![...rows.keys()].some((path) => path.startsWith(prefix))) await collect(prefix);
  }
  for (const row of rows.values()) {
    if (isLongName(row.path)) report(tooLong(row));
    else if (!row.nameable && !row.doubtful) report(unnameable(row));
  }
  const virtual = virtualRoots([...rows.values()], namespaces, features.namespaces);
  return [...rows.values()].map((row) => toFolder(row, namespaces, virtual));
}

/** The first level of a path. */
function top({ path, delimiter }: Listed): string {
  return path.split(delimiter ?? '/')[0] ?? '';
}

/**
 * First levels that are Dovecot's virtual namespace, which mirrors other folders. The name alone proves
 * nothing: someone may keep mail in a folder "Virtual". It is one where NAMESPACE has it as a prefix, or
 * where NAMESPACE does not say and the folder itself can't be opened.
 */
function virtualRoots(
  rows: readonly Listed[],
  namespaces: readonly Namespace[],
  offered: boolean,
): ReadonlySet<string> {
  const found = new Set<string>();
  for (const name of new Set(rows.map(top).filter((one) => /^virtual$/i.test(one)))) {
    const listed = namespaces.some(({ prefix }) => prefix.toLowerCase().startsWith(name.toLowerCase()));
    const own = rows.find(({ path }) => path === name);
    const opens = own !== undefined && !own.attributes.some((one) => gone.has(one));
    if (listed || !offered || !opens) found.add(name);
  }
  return found;
}

/** What decides about a folder; \HasChildren and its like may differ. */
function alike(a: Listed, b: Listed): boolean {
  const key = ({ delimiter, attributes }: Listed): string =>
    JSON.stringify([delimiter, attributes.filter((one) => one in roles || gone.has(one)).toSorted()]);
  return key(a) === key(b);
}

function doubtful(row: Listed, report: (oddity: Oddity) => void): Listed {
  const name = escapeServerText(row.path);
  report({
    about: `LIST ${row.path}`,
    text: `folder "${name}" is left alone: the server lists it twice, with different attributes`,
  });
  return { ...row, doubtful: true };
}

/** The database finds folders by their names, which PostgreSQL does up to some 2,700 bytes of all parts of a key. */
function isLongName(path: string): boolean {
  return Buffer.byteLength(path) > longestFolderName;
}

function tooLong({ path }: Listed): Oddity {
  const name = escapeServerText(path);
  return {
    about: `LIST ${name}`,
    text: `folder "${name}" is left alone: its name is longer than ${longestFolderName} bytes`,
  };
}

function unnameable({ path }: Listed): Oddity {
  const name = escapeServerText(path);
  return {
    about: `LIST ${path}`,
    text: `folder "${name}" is left alone: its name has bytes that are neither UTF-8 nor modified UTF-7, so the server can't be asked for it`,
  };
}

interface Listing {
  /** A literal part of the name. */
  readonly prefix: string;
  /** Taken as it is. */
  readonly wildcard: string;
  readonly specialUse: boolean;
}

/** Called for the STATUS lines of a LIST that asks for them too (RFC 5819). */
export type OnStatus = (response: Parsed) => void;

/** One LIST. */
export async function list(
  wire: Wire,
  listing: Listing,
  report: (oddity: Oddity) => void = () => undefined,
): Promise<readonly Listed[]> {
  const { command, args = [], untagged = {}, read } = listAsk(wire.who, listing, report);
  return read(await wire.run(command, args, { unparsed: (line) => report(unreadableLine(line)), untagged }));
}

export function listAsk(
  who: string,
  { prefix, wildcard, specialUse }: Listing,
  report: (oddity: Oddity) => void,
  onStatus: OnStatus | null = null,
): Ask<readonly Listed[]> {
  const rows: Listed[] = [];
  const pattern = octets(Buffer.concat([encodeMailboxName(prefix), Buffer.from(wildcard, 'latin1')]));
  const wanted: readonly Argument[] = [
    ...(specialUse ? [atom('SPECIAL-USE')] : []),
    ...(onStatus === null ? [] : [atom('STATUS'), sizeItems]),
  ];
  return {
    command: 'LIST',
    args: [quoted(''), pattern, ...(wanted.length === 0 ? [] : [atom('RETURN'), wanted])],
    untagged: {
      LIST: (response, line) => {
        if (!isReadableListLine(line)) return report(unreadableLine(line));
        const row = readRow(response);
        if (row !== null) rows.push(row);
      },
      ...(onStatus === null ? {} : { STATUS: onStatus }),
    },
    read: (reply) => {
      if (reply.status !== 'OK') throw protocolError(who, `LIST failed (${reply.status})`, reply);
      return rows;
    },
  };
}

function unreadableLine(line: Buffer): Oddity {
  const text = escapeServerText(line.toString('latin1'));
  return {
    about: `LIST ${text}`,
    text: `a folder is left alone, because its line in LIST can't be read: ${text}`,
  };
}

function readRow({ attributes }: Parsed): Listed | null {
  const [flags, delimiter, name] = attributes ?? [];
  const raw = asOctets(name) ?? Buffer.from(asText(name) ?? '', 'utf8');
  // A name such as NIL is an atom to the server and nothing to the parser.
  const path = name === null ? 'NIL' : decodeMailboxName(raw);
  if (path === '') return null;
  const keywords = (asList(flags) ?? []).map(asKeyword).filter((flag) => flag !== null);
  return {
    path,
    delimiter: asText(delimiter),
    attributes: keywords,
    nameable: !raw.includes('\ufffd'),
    doubtful: false,
  };
}

/** As patterns see it: see Folder.name. */
function toFolder(row: Listed, namespaces: readonly Namespace[], virtual: ReadonlySet<string>): Folder {
  const { path, delimiter, attributes } = row;
  const namespace = namespaceOf(path, namespaces);
  const given = attributes.flatMap((attribute) => roles[attribute] ?? []);
  const inbox = path.toUpperCase() === 'INBOX';
  const rest =
    path.startsWith(namespace.prefix) || isInboxPrefix(path, namespace)
      ? path.slice(namespace.prefix.length)
      : path;
  const parts = delimiter === null ? [rest] : rest.split(delimiter);
  const [first = '', ...deeper] = parts;
  const name = [first.toUpperCase() === 'INBOX' ? 'INBOX' : first, ...deeper].join('/');
  const personal = namespaces.find(({ kind }) => kind === 'personal');
  return {
    path,
    name: name === '' ? path : name,
    delimiter,
    prefix: path.slice(0, path.length - rest.length),
    namespace: namespace.kind,
    ...(personal === undefined ? {} : { personalPrefix: personal.prefix }),
    roles: inbox ? ['inbox', ...given] : given,
    selectable: isOpen(row),
    mirror: virtual.has(top(row)) || given.some((role) => mirrors.has(role)),
  };
}

/** Whether the folder can be opened, and named for certain. */
function isOpen({ path, attributes, nameable, doubtful }: Listed): boolean {
  return !attributes.some((one) => gone.has(one)) && nameable && !doubtful && !isLongName(path);
}

function isInboxPrefix(path: string, { prefix }: Namespace): boolean {
  return /^inbox.$/i.test(prefix) && path.toUpperCase().startsWith(prefix.toUpperCase());
}
