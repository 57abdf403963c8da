import { isError } from '../errors.ts';
import { encodeManifest, parseManifest } from '../format/manifest.ts';
import { readAll } from '../format/read-all.ts';
import type { WrittenArchive } from '../ports/codec.ts';
import type { Store } from '../ports/store.ts';
import type { Work } from '../work/work.ts';
import { sameArchive, type SealBatch, type Sealing } from './sealing.ts';

/** The object as it was spooled. What a crashed run left is known by its content. */
export function plainSealing(
  work: Pick<Work, 'codec'>,
  store: Store,
  { format, compression }: SealBatch,
  { file, messages }: WrittenArchive,
): Sealing {
  return {
    async place(key) {
      try {
        const { version } = await store.putFile(key, file);
        return { key, bytes: file.bytes, sha256: file.sha256, version, messages };
      } catch (error) {
        if (!isError(error, 'exists')) throw error;
      }
      // Whoever left it may have been killed before its fsync: what is deleted for it must outlive a power cut.
      await store.sync(key);
      const version = (await store.stat(key))?.version ?? null;
      const found = await work.codec.adopt(messages, format, compression, (range) =>
        store.read(key, range, version),
      );
      return found === null ? null : { key, version, ...found };
    },

    async commit(key, manifest) {
      try {
        await store.putBytes(key, encodeManifest(manifest));
        return { manifest, object: null };
      } catch (error) {
        if (!isError(error, 'exists')) throw error;
      }
      try {
        await store.sync(key);
        const found = parseManifest(await readAll(store.read(key)));
        return sameArchive(found, manifest) ? { manifest: found, object: null } : null;
      } catch (error) {
        // A damaged manifest is nobody's: the archive goes under the next name.
        if (isError(error, 'verify')) return null;
        throw error;
      }
    },

    // The spool file is its writer's.
    async [Symbol.asyncDispose]() {},
  };
}
