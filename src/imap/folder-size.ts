import { bytes, type Uid } from '../domain/brands.ts';
import type { FolderSize } from '../domain/folder.ts';
import { uidSets } from '../domain/uid-set.ts';
import { encodeMailboxName } from '../format/mailbox-name.ts';
import { type FetchRow, fetchRows } from './fetch.ts';
import { escapeServerText, protocolError } from './imap-errors.ts';
import { asCount, asKeyword, asList, atom, octets } from './wire-token.ts';
import type { Wire } from './wire.ts';

/** STATUS (MESSAGES SIZE) (RFC 8438). @throws `protocol` when either is missing. */
export async function statusSize(wire: Wire, path: string): Promise<FolderSize> {
  const found = new Map<string, number | null>();
  const items = [atom('MESSAGES'), atom('SIZE')];
  await wire.must(`STATUS of ${escapeServerText(path)}`, 'STATUS', [octets(encodeMailboxName(path)), items], {
    untagged: {
      STATUS: ({ attributes }) => {
        const list = asList(attributes?.[1]) ?? [];
        for (let index = 0; index + 1 < list.length; index += 2) {
          const name = asKeyword(list[index]);
          if (name !== null) found.set(name, asCount(list[index + 1]));
        }
      },
    },
  });
  const messages = found.get('MESSAGES') ?? null;
  const size = found.get('SIZE') ?? null;
  if (messages === null || size === null) {
    throw protocolError(wire.who, `STATUS of ${escapeServerText(path)} reports no size`, '');
  }
  return { messages, bytes: bytes(size) };
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
