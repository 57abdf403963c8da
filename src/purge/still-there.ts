import type { Uid } from '../domain/brands.ts';
import type { MailReader } from '../ports/mail.ts';
import type { Target } from './due.ts';

/** Which of the targets the folder that is selected or examined now still holds. */
export async function stillThere(session: MailReader, targets: readonly Target[]): Promise<ReadonlySet<Uid>> {
  const present = new Set<Uid>();
  for await (const meta of session.fetchMeta(targets.map(({ entry }) => entry.uid))) present.add(meta.uid);
  return present;
}
