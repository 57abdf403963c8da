import type { Sha256 } from './domain/brands.ts';
import type { Manifest, ManifestMessage } from './format/manifest-types.ts';
import { parseManifest } from './format/manifest.ts';
import type { Catalog } from './ports/catalog.ts';
import type { ArchiveRecord } from './ports/records.ts';
import type { Codec } from './ports/codec.ts';
import type { Store } from './ports/store.ts';
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
  store(name: string): Store;
}

/** The wanted messages, archive by archive, one ranged read per frame. @throws `verify`, `missing`, `store`. */
export async function* readMessages(
  reader: ArchiveReader,
  wanted: readonly Wanted[],
): AsyncGenerator<ReadMessage> {
  for (const { record, lines } of wanted) {
    const store = reader.store(record.store);
    const manifest = await readManifest(store, record);
    for await (const { index, data } of reader.codec.messages(manifest, lines, (range) =>
      store.read(record.key, range),
    )) {
      const info = manifest.messages[index];
      if (info !== undefined) yield { record, line: index, info, data };
    }
  }
}

/** The manifest as it stands in the store. @throws `verify` when it is another archive's. */
export async function readManifest(
  store: Store,
  record: { readonly id: Sha256; readonly manifestKey: string },
): Promise<Manifest> {
  return parseManifest(await readAll(store.read(record.manifestKey)));
}
