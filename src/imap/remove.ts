import type { Uid } from '../domain/brands.ts';
import { parseUidSet, uidSets } from '../domain/uid-set.ts';
import { encodeMailboxName } from '../format/mailbox-name.ts';
import type { CopyUid, MoveResult } from '../ports/mail.ts';
import { escapeServerText } from './imap-errors.ts';
import { uidsPerMutation } from './store-flags.ts';
import { asCount, asKeyword, asText, octets, sequence, type WireToken } from './wire-token.ts';
import { type Parsed, readReply } from './reply.ts';
import { type Wire } from './wire.ts';

/** UID EXPUNGE (RFC 4315 §2.1) of exactly these. An OK proves nothing. */
export async function expunge(wire: Wire, uids: readonly Uid[]): Promise<void> {
  for (const { set } of uidSets(uids, uidsPerMutation))
    await wire.must('UID EXPUNGE', 'UID EXPUNGE', [sequence(set)]);
}

/** UID MOVE (RFC 6851); its COPYUID may come untagged or with the tagged OK, and in parts. */
export async function move(wire: Wire, uids: readonly Uid[], target: string): Promise<MoveResult> {
  const asked = new Set<Uid>(uids);
  const pairs = new Map<Uid, CopyUid>();
  const validities = new Set<number>();
  let sound = true;
  const collect = (code: readonly WireToken[]): void => {
    if (asKeyword(code[0]) !== 'COPYUID') return;
    const found = readPairs(code, asked);
    const validity = asCount(code[1]);
    if (found === null || validity === null) return void (sound = false);
    validities.add(validity);
    for (const pair of found) pairs.set(pair.source, pair);
  };
  const status = (response: Parsed): void => collect(readReply(response).code);
  for (const { set } of uidSets(uids, uidsPerMutation)) {
    const reply = await wire.must(
      `MOVE to ${escapeServerText(target)}`,
      'UID MOVE',
      [sequence(set), octets(encodeMailboxName(target))],
      { untagged: { OK: status } },
    );
    collect(reply.code);
  }
  const [targetUidValidity] = validities;
  if (!sound || validities.size !== 1 || targetUidValidity === undefined)
    return { pairs: null, targetUidValidity: null };
  return { pairs: [...pairs.values()], targetUidValidity };
}

/** Pairs of COPYUID (RFC 4315 §3), or null when the sets don't match each other or the command. */
function readPairs(code: readonly WireToken[], asked: ReadonlySet<Uid>): readonly CopyUid[] | null {
  const sources = parseUidSet(asText(code[2]) ?? '', asked.size);
  const targets = parseUidSet(asText(code[3]) ?? '', asked.size);
  if (sources === null || targets === null || sources.length !== targets.length) return null;
  return sources.every((uid) => asked.has(uid))
    ? sources.flatMap((source, index) => {
        const target = targets[index];
        return target === undefined ? [] : [{ source, target }];
      })
    : null;
}
