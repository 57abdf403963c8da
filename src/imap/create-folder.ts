import type { Role } from '../domain/folder.ts';
import { encodeMailboxName } from '../format/mailbox-name.ts';
import type { ServerFeatures } from './capabilities.ts';
import { list } from './folders.ts';
import { escapeServerText, protocolError } from './imap-errors.ts';
import { namespaceOf, readNamespaces } from './namespaces.ts';
import { hasCode, type Reply } from './reply.ts';
import { atom, octets } from './wire-token.ts';
import type { Wire } from './wire.ts';

/**
 * CREATE (RFC 9051 §6.3.4). A folder that is there already is fine; where the server does not make
 * missing parents itself, they are created first. A new one is subscribed. @throws `protocol` with the server's reason.
 */
export async function createFolder(
  wire: Wire,
  features: ServerFeatures,
  path: string,
  use: Role | null = null,
): Promise<void> {
  if (use !== null && features.createUse) {
    // A server may not allow this use, or not twice: the folder counts more than its use.
    const special = await wire.run('CREATE', [
      octets(encodeMailboxName(path)),
      [atom('USE'), [atom(attribute(use))]],
    ]);
    if (special.status === 'OK') return subscribe(wire, path, special);
  }
  const first = await create(wire, path);
  if (await isThere(wire, path, first)) return subscribe(wire, path, first);
  for (const parent of await parentsOf(wire, features, path)) await create(wire, parent);
  const second = await create(wire, path);
  if (await isThere(wire, path, second)) return subscribe(wire, path, second);
  throw protocolError(wire.who, `can't create folder ${escapeServerText(path)} (${second.status})`, second);
}

function attribute(use: Role): string {
  return `\\${use.charAt(0).toUpperCase()}${use.slice(1)}`;
}

/** Many programs show subscribed folders only. A server that refuses it has the folder all the same. */
async function subscribe(wire: Wire, path: string, created: Reply): Promise<void> {
  if (created.status === 'OK') await wire.run('SUBSCRIBE', [octets(encodeMailboxName(path))]);
}

async function create(wire: Wire, path: string): Promise<Reply> {
  return wire.run('CREATE', [octets(encodeMailboxName(path))]);
}

async function isThere(wire: Wire, path: string, reply: Reply): Promise<boolean> {
  if (reply.status === 'OK' || hasCode(reply, 'ALREADYEXISTS')) return true;
  // `*` and `%` in a name match more than itself, so the row is compared too.
  const rows = await list(wire, { prefix: path, wildcard: '', specialUse: false });
  const row = rows.find((listed) => listed.path === path);
  return (
    row !== undefined && !row.attributes.includes('\\NOSELECT') && !row.attributes.includes('\\NONEXISTENT')
  );
}

/** `a`, `a/b` of `a/b/c`, without the namespace's prefix itself. */
async function parentsOf(wire: Wire, features: ServerFeatures, path: string): Promise<readonly string[]> {
  const { prefix, delimiter } = namespaceOf(path, await readNamespaces(wire, features.given));
  if (delimiter === null) return [];
  const parts = path.slice(prefix.length).split(delimiter);
  return parts.slice(0, -1).map((_, index) => prefix + parts.slice(0, index + 1).join(delimiter));
}
