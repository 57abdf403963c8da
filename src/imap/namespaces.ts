import type { NamespaceKind } from '../domain/folder.ts';
import { decodeMailboxName } from '../format/mailbox-name.ts';
import type { Parsed } from './reply.ts';
import { asList, asOctets, asText, quoted, type WireToken } from './wire-token.ts';
import type { Wire } from './wire.ts';

export interface Namespace {
  readonly kind: NamespaceKind;
  /** Decoded, with its delimiter at the end: `INBOX.`, `shared/`, or empty. */
  readonly prefix: string;
  readonly delimiter: string | null;
}

/** What a NAMESPACE response (RFC 2342) names. */
export function namespacesIn(attributes: Parsed['attributes']): readonly Namespace[] {
  const [personal, other, shared] = attributes ?? [];
  return [...entries('personal', personal), ...entries('other', other), ...entries('shared', shared)];
}

/** The namespaces that the server gave; without any, one personal namespace with the delimiter of LIST "" "". */
export async function readNamespaces(wire: Wire, given: readonly Namespace[]): Promise<readonly Namespace[]> {
  if (given.some(({ kind }) => kind === 'personal')) return given;
  let delimiter: string | null = null;
  await wire.run('LIST', [quoted(''), quoted('')], {
    untagged: { LIST: ({ attributes }) => void (delimiter = asText(attributes?.[1])) },
  });
  return [{ kind: 'personal', prefix: '', delimiter }, ...given];
}

function entries(kind: NamespaceKind, token: WireToken | undefined): readonly Namespace[] {
  return (asList(token) ?? []).flatMap((entry) => {
    const [prefix, delimiter] = asList(entry) ?? [];
    const raw = asOctets(prefix);
    return raw === null ? [] : [{ kind, prefix: decodeMailboxName(raw), delimiter: asText(delimiter) }];
  });
}

/**
 * The namespace a folder is in: the longest prefix that fits. INBOX itself is personal even
 * where every personal folder is under `INBOX.` and the empty prefix is the shared one.
 */
export function namespaceOf(path: string, namespaces: readonly Namespace[]): Namespace {
  const fallback: Namespace = { kind: 'personal', prefix: '', delimiter: null };
  if (path.toUpperCase() === 'INBOX') {
    const own = namespaces.find(({ kind }) => kind === 'personal');
    return { ...(own ?? fallback), prefix: '' };
  }
  const fits = namespaces.filter(({ prefix, delimiter }) => isUnder(path, prefix, delimiter));
  return fits.reduce(
    (best, next) => (next.prefix.length > best.prefix.length ? next : best),
    fits[0] ?? fallback,
  );
}

/** The namespace's own root (`shared` for the prefix `shared/`) is part of it. */
function isUnder(path: string, prefix: string, delimiter: string | null): boolean {
  if (/^inbox.$/i.test(prefix)) return path.slice(0, prefix.length).toUpperCase() === prefix.toUpperCase();
  const root = delimiter !== null && prefix.endsWith(delimiter) ? prefix.slice(0, -delimiter.length) : prefix;
  return path.startsWith(prefix) || path === root;
}
