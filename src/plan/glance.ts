import type { Folder } from '../domain/folder.ts';
import type { SearchTerm } from '../domain/narrow.ts';
import { isConnectionLost } from '../errors.ts';
import type { GlanceAt, Glimpses, MailReader, AccountSurvey } from '../ports/mail.ts';
import type { Connection } from '../work/connection.ts';
import { isCatchable } from '../work/isolate.ts';
import type { FolderIsolation } from '../work/isolate-folder.ts';

/** Messages of all folders that are looked at together: their answers are in memory at the same time. */
const mostMessages = 50_000;

interface Looking {
  readonly connection: Connection<MailReader>;
  readonly isolation: FolderIsolation;
  readonly terms: readonly SearchTerm[];
}

/**
 * A glance at the folders, so that those without a hit need nothing more. Large folders and those that
 * were refused before are looked at by themselves, and so are all where a glance fails.
 */
export async function glanceAt(
  { connection, isolation, terms }: Looking,
  folders: readonly Folder[],
  sizes: AccountSurvey['sizes'],
): Promise<Glimpses> {
  const suspects = await isolation.suspects();
  const known = folders.flatMap(({ path }) => {
    const messages = sizes.get(path)?.messages;
    return messages === undefined || suspects.has(path) ? [] : [{ path, messages, empty: messages === 0 }];
  });
  const [filled, empty] = [known.filter((one) => !one.empty), known.filter((one) => one.empty)];
  const together: GlanceAt[] = [];
  let sum = 0;
  for (const one of filled.toSorted((a, b) => a.messages - b.messages)) {
    sum += one.messages;
    if (sum > mostMessages) break;
    // The smallest comes last: there it is tried whether SEARCH finds mail.
    together.unshift(one);
  }
  together.unshift(...empty);
  if (together.length === 0 || !connection.together) return new Map();
  const session = await connection.session();
  try {
    return await session.glance(together, terms);
  } catch (error) {
    if (!isCatchable(error)) throw error;
    if (isConnectionLost(error)) await connection.apart();
    return new Map();
  }
}
