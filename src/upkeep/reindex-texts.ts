import { indexArchive, type Indexing } from '../archive/index-text.ts';
import type { Policy } from '../domain/policy.ts';

/**
 * Indexes what is written in the archives of one store: where their manifests or their policies say so,
 * and it was not done or not completed. Returns how many archives that were.
 */
export async function reindexTexts(
  work: Indexing,
  store: string,
  policies: readonly Policy[],
): Promise<number> {
  const { catalog, progress, signal } = work;
  const wanted = new Set(policies.filter(({ indexText }) => indexText === true).map(({ name }) => name));
  const archives = await catalog.archives({ store, states: ['sealed', 'verified'] });
  let indexed = 0;
  progress.begin(`indexing the text of ${store}`, { messages: archives.length, bytes: 0 }, 'archives');
  try {
    for (const record of archives) {
      signal.throwIfAborted();
      progress.advance(1, 0);
      const state = record.encryption === null ? await catalog.textState(record.id) : 'none';
      if (record.encryption !== null || state === 'indexed') continue;
      if (state === 'none' && !wanted.has(record.policy)) continue;
      await catalog.setTextState(record.id, 'wanted');
      await indexArchive(work, record, null);
      if ((await catalog.textState(record.id)) === 'indexed') indexed += 1;
    }
  } finally {
    progress.end();
  }
  return indexed;
}
