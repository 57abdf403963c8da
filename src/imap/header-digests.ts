import { createHash } from 'node:crypto';
import { sha256, type Sha256, type Uid } from '../domain/brands.ts';
import { uidSets } from '../domain/uid-set.ts';
import { isError } from '../errors.ts';
import { type FetchRow, fetchRows } from './fetch.ts';
import { asOctets } from './wire-token.ts';
import type { Wire } from './wire.ts';

/** Messages refused by themselves before the folder is at fault. */
const mostRefused = 20;

/**
 * SHA-256 of the header blocks as delivered: what identifies a message where EMAILID does not (SAFETY I4).
 * One message that the server refuses costs itself alone, and has none (SAFETY I8).
 */
export async function fetchHeaderDigests(
  wire: Wire,
  uids: readonly Uid[],
): Promise<ReadonlyMap<Uid, Sha256>> {
  const digests = new Map<Uid, Sha256>();
  const onRow = ({ uid, items }: FetchRow): void => {
    const block = asOctets(items.get('BODY[HEADER]')?.token);
    if (block !== null) digests.set(uid, sha256(createHash('sha256').update(block).digest('hex')));
  };
  let refused = 0;
  const ask = async (some: readonly Uid[]): Promise<void> => {
    try {
      for (const set of uidSets(some, 500)) await fetchRows(wire, set, 'BODY.PEEK[HEADER]', { onRow });
    } catch (error) {
      if (!isError(error, 'protocol')) throw error;
      if (some.length === 1) {
        refused += 1;
        if (refused > mostRefused) throw error;
        return;
      }
      const middle = Math.ceil(some.length / 2);
      await ask(some.slice(0, middle));
      await ask(some.slice(middle));
    }
  };
  await ask(uids);
  return digests;
}
