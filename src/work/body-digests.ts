import { createHash } from 'node:crypto';
import { type Bytes, type Sha256, sha256 as asSha256, type Uid } from '../domain/brands.ts';
import { release } from '../format/dead-buffers.ts';
import type { MailReader } from '../ports/mail.ts';

/** SHA-256 of each message of the folder that is open now, as FETCH BODY.PEEK[] delivers it. */
export async function bodyDigests(
  session: MailReader,
  messages: readonly { readonly uid: Uid; readonly size: Bytes }[],
): Promise<ReadonlyMap<Uid, Sha256>> {
  const done = new Map<Uid, Sha256>();
  const running = new Map<Uid, ReturnType<typeof createHash>>();
  if (messages.length === 0) return done;
  await session.fetchBodies(messages, (event) => {
    if (event.kind === 'missing' || event.kind === 'refused') return;
    const hash = running.get(event.uid) ?? createHash('sha256');
    if (event.kind !== 'end') {
      hash.update(event.data);
      release(event.data);
    }
    if (event.kind === 'part') {
      running.set(event.uid, hash);
      return;
    }
    running.delete(event.uid);
    done.set(event.uid, asSha256(hash.digest('hex')));
  });
  return done;
}
