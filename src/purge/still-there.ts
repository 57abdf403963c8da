import type { Uid } from '../domain/brands.ts';
import type { MailReader } from '../ports/mail.ts';
import type { Target } from './due.ts';

/** Which of the targets the folder that is selected or examined now still holds. */
export async function stillThere(session: MailReader, targets: readonly Target[]): Promise<ReadonlySet<Uid>> {
  const present = new Set<Uid>();
  const uids = targets.map(({ entry }) => entry.uid);
  for await (const { uid } of session.fetchMeta(uids, { complete: true })) present.add(uid);
  return present;
}
