import type { Uid } from '../domain/brands.ts';
import type { MothballError } from '../errors.ts';
import type { MailSession } from '../ports/mail.ts';
import { isRefusal } from './refusals.ts';

/** Refusals of single messages until the server is taken to refuse all. */
const mostRefused = 20;

/** Removes our \\Deleted; what the server refuses costs itself (SAFETY I8). Returns the UIDs that may still carry it, with the refusals. */
export async function unmarkEach(
  session: MailSession,
  uids: readonly Uid[],
): Promise<ReadonlyMap<Uid, MothballError>> {
  const refused = new Map<Uid, MothballError>();
  const parts: (readonly Uid[])[] = uids.length === 0 ? [] : [uids.toSorted((a, b) => a - b)];
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    try {
      await session.unmarkDeleted(part);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const [first] = part;
      if (part.length === 1 && first !== undefined) refused.set(first, error);
      if (refused.size >= mostRefused) throw error;
      const half = Math.ceil(part.length / 2);
      if (part.length > 1) parts.unshift(part.slice(0, half), part.slice(half));
    }
  }
  return refused;
}

/** As `unmarkEach`, for what can't be told apart later. @throws the refusal of one, when the others lost the mark. */
export async function unmarkAll(session: MailSession, uids: readonly Uid[]): Promise<void> {
  const [first] = (await unmarkEach(session, uids)).values();
  if (first !== undefined) throw first;
}
