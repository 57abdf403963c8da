import { bytes, type Uid } from '../domain/brands.ts';
import type { FolderSize } from '../domain/folder.ts';
import { uidSets } from '../domain/uid-set.ts';
import { decodeMailboxName, encodeMailboxName } from '../format/mailbox-name.ts';
import { type Ask, ask } from './ask.ts';
import type { ServerFeatures } from './capabilities.ts';
import { type FetchRow, fetchRows, readRow } from './fetch.ts';
import { escapeServerText, protocolError } from './imap-errors.ts';
import type { Parsed } from './reply.ts';
import { openAsk } from './select.ts';
import {
  type Argument,
  asCount,
  asKeyword,
  asList,
  asOctets,
  atom,
  octets,
  sequence,
  verbatim,
} from './wire-token.ts';
import type { Wire } from './wire.ts';

/** What STATUS is asked for (RFC 8438). */
export const sizeItems: Argument = [atom('MESSAGES'), atom('SIZE')];

/** STATUS (MESSAGES SIZE). @throws `protocol` when either is missing. */
export async function statusSize(wire: Wire, path: string): Promise<FolderSize> {
  const { size } = await ask(wire, sizeAsk(wire.who, path));
  return size;
}

interface StatusSize {
  /** The folder that the answer names; null when it names none that can be read. */
  readonly path: string | null;
  readonly size: FolderSize;
}

function sizeAsk(who: string, path: string): Ask<StatusSize> {
  const what = `STATUS of ${escapeServerText(path)}`;
  let found: StatusSize | null = null;
  return {
    command: 'STATUS',
    args: [octets(encodeMailboxName(path)), sizeItems],
    untagged: { STATUS: ({ attributes }) => void (found = sizeIn(attributes) ?? found) },
    read: (reply) => {
      if (reply.status !== 'OK') throw protocolError(who, `${what} failed (${reply.status})`, reply);
      if (found === null) throw protocolError(who, `${what} reports no size`, '');
      return found;
    },
  };
}

/** A STATUS response; null when it has not both numbers. */
export function sizeIn(attributes: Parsed['attributes']): StatusSize | null {
  const list = asList(attributes?.[1]) ?? [];
  const found = new Map<string, number | null>();
  for (let index = 0; index + 1 < list.length; index += 2) {
    const name = asKeyword(list[index]);
    if (name !== null) found.set(name, asCount(list[index + 1]));
  }
  const messages = found.get('MESSAGES') ?? null;
  const size = found.get('SIZE') ?? null;
  if (messages === null || size === null) return null;
  const name = asOctets(attributes?.[0]);
  return { path: name === null ? null : decodeMailboxName(name), size: { messages, bytes: bytes(size) } };
}

/** Puts the sizes of the folders that answered as they should into the map. */
export function sizesInto(
  sizes: Map<string, FolderSize>,
  who: string,
  paths: readonly string[],
): readonly Ask<void>[] {
  const known = new Set(paths);
  return paths.map((path) => {
    const { read, ...command } = sizeAsk(who, path);
    return {
      ...command,
      read: (reply) => {
        const { path: named, size } = read(reply);
        // An answer that names another folder may be that one's.
        if (named === null || named === path || !known.has(named)) sizes.set(path, size);
      },
    };
  });
}

/** Every UID there can be, as a closed range: the guard lets no open one pass (SAFETY I2). */
const everyUid = '1:4294967295';

/**
 * The same without STATUS=SIZE: EXAMINE of each folder and the sizes of all that is in it. A folder whose
 * rows are not as many as its messages is left out.
 */
export function sumsInto(
  sizes: Map<string, FolderSize>,
  { wire, features }: { readonly wire: Wire; readonly features: ServerFeatures },
  paths: readonly string[],
): readonly Ask<void>[] {
  return paths.flatMap((path) => {
    const rows = new Map<Uid, number>();
    let messages: number | null = null;
    const opening = openAsk(wire.who, features, path, 'EXAMINE');
    const summing: Ask<void> = {
      command: 'UID FETCH',
      args: [sequence(everyUid), verbatim('(UID RFC822.SIZE)')],
      untagged: {
        FETCH: ({ attributes }) => {
          const row = readRow(attributes);
          const size = asCount(row?.items.get('RFC822.SIZE')?.token);
          if (row !== null && size !== null) rows.set(row.uid, size);
        },
      },
      // In an empty folder some servers refuse it.
      read: ({ status }) => {
        const whole = messages === 0 || (status === 'OK' && rows.size === messages);
        if (messages === null || !whole) return;
        const sum = [...rows.values()].reduce((total, size) => total + size, 0);
        sizes.set(path, { messages, bytes: bytes(messages === 0 ? 0 : sum) });
      },
    };
    return [{ ...opening, read: (reply) => void (messages = opening.read(reply).messages) }, summing];
  });
}

/** The same of the examined folder with these UIDs, by summing RFC822.SIZE. @throws `protocol` when a size is missing. */
export async function summedSize(wire: Wire, uids: readonly Uid[]): Promise<FolderSize> {
  const sizes = new Map<Uid, number>();
  for (const set of uidSets(uids, 5000)) {
    const onRow = ({ uid, items }: FetchRow): void => {
      const size = asCount(items.get('RFC822.SIZE')?.token);
      if (size !== null) sizes.set(uid, size);
      else if (items.has('RFC822.SIZE')) throw protocolError(wire.who, `UID ${uid} has no size`, '');
    };
    await fetchRows(wire, set, 'RFC822.SIZE', { onRow });
  }
  return { messages: sizes.size, bytes: bytes([...sizes.values()].reduce((sum, size) => sum + size, 0)) };
}
