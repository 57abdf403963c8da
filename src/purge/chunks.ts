import type { MailSession } from '../ports/mail.ts';
import type { Target } from './due.ts';

/** At most this many UIDs in one STORE and EXPUNGE (SAFETY step 11): the most that a crash leaves open. */
const largestChunk = 500;
/** With more that were refused before, the server refused everything then. */
const mostAlone = 20;

/** Without UIDPLUS nothing promises a COPYUID: move one message first, to see whether the server returns one. */
export function chunksOf(session: MailSession, targets: readonly Target[]): readonly (readonly Target[])[] {
  const chunks: (readonly Target[])[] = [];
  const refused = targets.filter(({ entry }) => entry.reason?.code === 'delete-refused');
  const alone = refused.length <= mostAlone ? refused : [];
  const others = targets.filter((target) => !alone.includes(target));
  const first = session.capabilities.uidplus ? largestChunk : 1;
  for (let at = 0; at < others.length;) {
    const chunk = others.slice(at, at + (at === 0 ? first : largestChunk));
    chunks.push(chunk);
    at += chunk.length;
  }
  // What an earlier run found to be refused by itself does not make others fail again.
  return [...chunks, ...alone.map((target) => [target])];
}
