import type { Sha256, Uid } from '../domain/brands.ts';
import type { MessageMeta } from '../domain/message.ts';
import type { MailReader } from '../ports/mail.ts';
import type { DeleteEntry } from '../ports/records.ts';
import { bodyDigests } from '../work/body-digests.ts';

/** An archived message, and what the server has under its UID now. */
export interface Seen {
  readonly entry: DeleteEntry;
  readonly meta: MessageMeta;
}

/** Those that EMAILID, the header block or the whole body does not show to be what was archived, and what was read of their bodies. */
export interface Unlike<P extends Seen> {
  readonly pairs: ReadonlySet<P>;
  readonly bodies: ReadonlyMap<Uid, Sha256>;
}

/** Compares messages of the folder that is open now with what was archived (SAFETY I4). `body`: the whole of each is read. */
export async function unlikeOf<P extends Seen>(
  session: MailReader,
  pairs: readonly P[],
  body: boolean,
): Promise<Unlike<P>> {
  const byId = (pair: P): boolean => pair.entry.emailId !== null && pair.entry.emailId === pair.meta.emailId;
  const unsure = body ? [] : pairs.filter((pair) => !byId(pair));
  const heads =
    unsure.length === 0
      ? new Map<Uid, Sha256>()
      : await session.headerDigests(unsure.map(({ entry }) => entry.uid));
  // Servers disagree on where the header of an odd message ends: then the whole body decides.
  const read = body ? pairs : unsure.filter(({ entry }) => heads.get(entry.uid) !== entry.headerSha256);
  const bodies = await bodyDigests(
    session,
    read.map(({ entry }) => ({ uid: entry.uid, size: entry.size })),
  );
  return { pairs: new Set(read.filter(({ entry }) => bodies.get(entry.uid) !== entry.sha256)), bodies };
}
