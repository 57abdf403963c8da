import type { Sha256 } from './domain/brands.ts';
import type { Manifest, ManifestMessage } from './format/manifest-types.ts';
import { parseManifest } from './format/manifest.ts';
import type { Catalog } from './ports/catalog.ts';
import type { ArchiveRecord } from './ports/records.ts';
import type { Codec, ReadObject } from './ports/codec.ts';
import type { Store } from './ports/store.ts';
import { errorMessage, MothballError } from './errors.ts';
import { readAll } from './read-all.ts';
import type { Wanted } from './wanted.ts';

/** A message read from an archive, with its manifest line and where it stands. */
export interface ReadMessage {
  readonly record: ArchiveRecord;
  readonly line: number;
  readonly info: ManifestMessage;
  /** The bytes as IMAP delivered them, checked against their SHA-256. */
  readonly data: Uint8Array;
}

export interface ArchiveReader {
  readonly catalog: Catalog;
  readonly codec: Codec;
  /** A store by name, for reading only. */
  readonly store: (name: string) => Store;
}

/** A message that can't be read back; line null: nothing of the archive can. */
export interface Damaged {
  readonly record: ArchiveRecord;
  readonly line: number | null;
  readonly reason: string;
}

/**
 * The wanted messages, archive by archive, one ranged read per frame. What can't be read back is
 * told to `damaged` and the rest goes on: after a disaster, every message counts.
 */
export async function* readMessages(
  reader: ArchiveReader,
  wanted: readonly Wanted[],
  damaged: (fault: Damaged) => void,
): AsyncGenerator<ReadMessage> {
  for (const { record, lines } of wanted) {
    let manifest: Manifest;
    try {
      manifest = await readManifest(reader.store(record.store), record);
    } catch (error) {
      damaged({ record, line: null, reason: errorMessage(error) });
      continue;
    }
    let left = lines;
    while (left.length > 0) {
      let next = 0;
      try {
        for await (const message of fromManifest(reader, record, manifest, left)) {
          next += 1;
          yield message;
        }
        break;
      } catch (error) {
        if (!(error instanceof MothballError)) throw error;
        damaged({ record, line: left[next] ?? null, reason: errorMessage(error) });
        left = left.slice(next + 1);
      }
    }
  }
}

async function* fromManifest(
  { codec, store }: ArchiveReader,
  record: ArchiveRecord,
  manifest: Manifest,
  lines: readonly number[],
): AsyncGenerator<ReadMessage> {
  const read = readerOf(store(record.store), record);
  for await (const { index, data } of codec.messages(manifest, lines, read)) {
    const info = manifest.messages[index];
    if (info !== undefined) yield { record, line: index, info, data };
  }
}

/**
 * Reads the version that was stored, or where it is missing the object as it is now: a copy of a
 * bucket has other versions, and every message is checked against its digest anyway.
 */
function readerOf(store: Store, { key, objectVersion }: ArchiveRecord): ReadObject {
  let version = objectVersion;
  return async function* read(range) {
    let begun = false;
    try {
      for await (const piece of store.read(key, range, version)) {
        begun = true;
        yield piece;
      }
      return;
    } catch (error) {
      const gone = error instanceof MothballError && error.code === 'missing';
      if (begun || version === null || !gone) throw error;
    }
    version = null;
    yield* store.read(key, range);
  };
}

/** The manifest as it stands in the store. @throws `verify` when it is another archive's. */
export async function readManifest(
  store: Store,
  record: { readonly id: Sha256; readonly manifestKey: string },
): Promise<Manifest> {
  const manifest = parseManifest(await readAll(store.read(record.manifestKey)));
  if (manifest.head.id === record.id) return manifest;
  throw new MothballError(
    `store "${store.name}": manifest ${record.manifestKey} is that of archive ${manifest.head.id.slice(0, 12)}, not of ${record.id.slice(0, 12)}; run \`mothball verify\`, and restore the file from a copy`,
    { code: 'verify' },
  );
}
