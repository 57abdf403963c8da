import type { Folder, Role } from '../domain/folder.ts';
import { decodeMailboxName, encodeMailboxName } from '../format/mailbox-name.ts';
import type { ServerFeatures } from './capabilities.ts';
import { type Namespace, namespaceOf, readNamespaces } from './namespaces.ts';
import { type Argument, asKeyword, asList, asOctets, asText, atom, octets, quoted } from './wire-token.ts';
import type { Parsed, Wire } from './wire.ts';

/** One LIST row. */
export interface Listed {
  readonly path: string;
  readonly delimiter: string | null;
  /** In capitals, with the backslash. */
  readonly attributes: readonly string[];
  /** False when the server's bytes for the name are lost, so that it can't be named back. */
  readonly nameable: boolean;
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
const mirrors: ReadonlySet<Role> = new Set(['all', 'flagged', 'important']);

/**
 * Every folder by LIST (RFC 9051 §6.3.9) with SPECIAL-USE (RFC 6154). Roles come from the server
 * alone; no role is guessed from a name.
 */
export async function listFolders(wire: Wire, features: ServerFeatures): Promise<readonly Folder[]> {
  const namespaces = await readNamespaces(wire, features.namespaces);
  const rows = new Map<string, Listed>();
  const collect = async (prefix: string): Promise<void> => {
    for (const row of await list(wire, prefix, '*', features.listReturn)) {
      if (!rows.has(row.path)) rows.set(row.path, row);
    }
  };
  await collect('');
  // A server may leave other namespaces out of LIST "" "*" (RFC 2342 §5).
  for (const { prefix } of namespaces) {
    if (prefix !== '' && ![...rows.keys()].some((path) => path.startsWith(prefix))) await collect(prefix);
  }
  return [...rows.values()].map((row) => toFolder(row, namespaces));
}

/** One LIST; the pattern is used as it is, the prefix is a literal part of the name. */
export async function list(
  wire: Wire,
  prefix: string,
  wildcard: string,
  specialUse: boolean,
): Promise<readonly Listed[]> {
  const rows: Listed[] = [];
  const pattern = octets(Buffer.concat([encodeMailboxName(prefix), Buffer.from(wildcard, 'latin1')]));
  const options: readonly Argument[] = specialUse ? [atom('RETURN'), [atom('SPECIAL-USE')]] : [];
  await wire.must('LIST', 'LIST', [quoted(''), pattern, ...options], {
    untagged: {
      LIST: (response) => {
        const row = readRow(response);
        if (row !== null) rows.push(row);
      },
    },
  });
  return rows;
}

function readRow({ attributes }: Parsed): Listed | null {
  const [flags, delimiter, name] = attributes ?? [];
  const raw = asOctets(name) ?? Buffer.from(asText(name) ?? '', 'utf8');
  // A name such as NIL is an atom to the server and nothing to the parser.
  const path = name === null ? 'NIL' : decodeMailboxName(raw);
  if (path === '') return null;
  const keywords = (asList(flags) ?? []).map(asKeyword).filter((flag) => flag !== null);
  return { path, delimiter: asText(delimiter), attributes: keywords, nameable: !raw.includes('\ufffd') };
}

/** As patterns see it: see Folder.name. */
function toFolder(row: Listed, namespaces: readonly Namespace[]): Folder {
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
  const gone = attributes.includes('\\NOSELECT') || attributes.includes('\\NONEXISTENT');
  const virtual = /^virtual$/i.test(path.split(delimiter ?? '/')[0] ?? '');
  return {
    path,
    name: name === '' ? path : name,
    delimiter,
    namespace: namespace.kind,
    roles: inbox ? ['inbox', ...given] : given,
    selectable: !gone && row.nameable,
    mirror: virtual || given.some((role) => mirrors.has(role)),
  };
}

function isInboxPrefix(path: string, { prefix }: Namespace): boolean {
  return /^inbox.$/i.test(prefix) && path.toUpperCase().startsWith(prefix.toUpperCase());
}
