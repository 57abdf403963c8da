import type { Uid } from '../domain/brands.ts';
import { isError } from '../errors.ts';
import { parseUidSet, uidSets } from '../domain/uid-set.ts';
import { fenceKeyword } from './guard.ts';
import { protocolError } from './imap-errors.ts';
import { type Argument, asText, atom, sequence } from './wire-token.ts';
import { hasCode } from './reply.ts';
import { type Wire } from './wire.ts';

/** UIDs of one mutating command (SAFETY step 11). */
export const uidsPerMutation = 500;

interface FlagChange {
  /** False: the flag is removed. */
  readonly add: boolean;
  readonly flag: string;
  readonly unchangedSince?: bigint | null;
}

/**
 * UID STORE ±FLAGS.SILENT of one flag, UNCHANGEDSINCE a mod-sequence when given (RFC 7162 §3.1.3).
 * Returns the UIDs named in MODIFIED. @throws `protocol` on NO without MODIFIED, and on BAD.
 */
async function storeFlag(
  wire: Wire,
  uids: readonly Uid[],
  { add, flag, unchangedSince = null }: FlagChange,
): Promise<readonly Uid[]> {
  const modified: Uid[] = [];
  for (const { set, uids: asked } of uidSets(uids, uidsPerMutation)) {
    const condition: readonly Argument[] =
      unchangedSince === null ? [] : [[atom('UNCHANGEDSINCE'), atom(unchangedSince.toString())]];
    const reply = await wire.run('UID STORE', [
      sequence(set),
      ...condition,
      atom(add ? '+FLAGS.SILENT' : '-FLAGS.SILENT'),
      [atom(flag)],
    ]);
    const named = hasCode(reply, 'MODIFIED') ? parseUidSet(asText(reply.code[1]) ?? '', asked.length) : null;
    if (hasCode(reply, 'MODIFIED')) {
      for (const uid of named ?? asked) modified.push(uid);
      // Of a set that can't be read some have the flag now: nobody may be left with a mark of ours.
      if (named === null && add) await storeFlag(wire, asked, { add: false, flag });
    } else if (reply.status !== 'OK') {
      throw protocolError(wire.who, `STORE of ${flag} failed (${reply.status})`, reply);
    }
  }
  return modified;
}

export async function markDeleted(
  wire: Wire,
  uids: readonly Uid[],
  unchangedSince: bigint | null,
): Promise<readonly Uid[]> {
  return storeFlag(wire, uids, { add: true, flag: '\\Deleted', unchangedSince });
}

export async function unmarkDeleted(wire: Wire, uids: readonly Uid[]): Promise<void> {
  await storeFlag(wire, uids, { add: false, flag: '\\Deleted' });
}

/** Both changes raise the MODSEQ, so a client that still holds the old one gets MODIFIED. */
export async function fence(
  wire: Wire,
  uids: readonly Uid[],
  unchangedSince: bigint | null,
): Promise<readonly Uid[]> {
  const modified = await storeFlag(wire, uids, { add: true, flag: fenceKeyword, unchangedSince });
  try {
    await storeFlag(wire, uids, { add: false, flag: fenceKeyword });
  } catch (error) {
    // Who was named as modified was; a keyword that stays makes the message differ, and so keeps it.
    if (!isError(error, 'protocol')) throw error;
  }
  return modified;
}
