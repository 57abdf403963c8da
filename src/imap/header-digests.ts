import { createHash } from 'node:crypto';
import { sha256, type Sha256, type Uid } from '../domain/brands.ts';
import { uidSets } from '../domain/uid-set.ts';
import { type FetchRow, fetchRows } from './fetch.ts';
import { asOctets } from './wire-token.ts';
import type { Wire } from './wire.ts';

/** SHA-256 of the header blocks as delivered: what identifies a message where EMAILID does not (SAFETY I4). */
export async function fetchHeaderDigests(
  wire: Wire,
  uids: readonly Uid[],
): Promise<ReadonlyMap<Uid, Sha256>> {
  const digests = new Map<Uid, Sha256>();
  for (const set of uidSets(uids, 500)) {
    const onRow = ({ uid, items }: FetchRow): void => {
      const block = asOctets(items.get('BODY[HEADER]')?.token);
      if (block !== null) digests.set(uid, sha256(createHash('sha256').update(block).digest('hex')));
    };
    await fetchRows(wire, set, 'BODY.PEEK[HEADER]', { onRow });
  }
  return digests;
}
