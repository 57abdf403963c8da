import type { Uid } from '../domain/brands.ts';
import type { MailReader } from '../ports/mail.ts';
import type { Target } from './due.ts';

/**
 * Which of the targets the folder that is selected or examined now still holds. What an answer leaves out
 * is asked for again, unless `once`: then another fact speaks for it.
 */
export async function stillThere(
  session: MailReader,
  targets: readonly Target[],
  { once = false }: { readonly once?: boolean } = {},
): Promise<ReadonlySet<Uid>> {
  const present = new Set<Uid>();
  const uids = targets.map(({ entry }) => entry.uid);
  for await (const { uid } of session.fetchMeta(uids, { complete: !once })) present.add(uid);
  return present;
}
