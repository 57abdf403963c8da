import { isError } from '../errors.ts';
import { parseManifest } from '../format/manifest-parse.ts';
import { encodeWithDigest } from '../format/manifest.ts';
import { readAll } from '../format/read-all.ts';
import type { WrittenArchive } from '../ports/codec.ts';
import type { Store } from '../ports/store.ts';
import type { AccountWork } from '../work/account-work.ts';
import { sameArchive, type SealBatch, type Sealing, unlessExists } from './sealing.ts';

/** The object as it was spooled. What a crashed run left is recognised by its content. */
export function plainSealing(
  work: Pick<AccountWork, 'codec'>,
  store: Store,
  { format, compression }: SealBatch,
  { file, messages }: WrittenArchive,
): Sealing {
  return {
    async place(key) {
      const put = await unlessExists(() => store.putFile(key, file));
      if (put !== null)
        return {
          key,
          bytes: file.bytes,
          sha256: file.sha256,
          version: put.version,
          messages,
          adopted: false,
        };
      // The run that left it may have been killed before its fsync: what is deleted for it must outlive a power cut.
      await store.sync(key);
      const version = (await store.stat(key))?.version ?? null;
      const found = await work.codec.adopt(messages, format, compression, (range) =>
        store.read(key, range, version),
      );
      return found === null ? null : { key, version, ...found, adopted: true };
    },

    async commit(key, manifest, known) {
      const { object, digest } = known ?? (await encodeWithDigest(manifest));
      const put = await unlessExists(() => store.putBytes(key, object));
      if (put !== null) return { manifest, digest, object: null, adopted: false };
      try {
        await store.sync(key);
        const found = await parseManifest(await readAll(store.read(key)));
        if (!sameArchive(found, manifest)) return null;
        return { manifest: found, digest: null, object: null, adopted: true };
      } catch (error) {
        // A damaged manifest belongs to nobody: the archive goes under the next name.
        if (isError(error, 'verify')) return null;
        throw error;
      }
    },

    // The spool file is its writer's.
    async [Symbol.asyncDispose]() {},
  };
}
