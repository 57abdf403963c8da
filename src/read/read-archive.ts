import { errorMessage, isError } from '../errors.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Codec } from '../ports/codec.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';
import { openArchive, type OpenArchive, readerOf, type SpooledDecryption } from './open-archive.ts';
import type { Wanted } from './wanted.ts';

/** A message read from an archive, with the number and the content of its manifest line. */
export interface ReadMessage {
  readonly record: ArchiveRecord;
  readonly line: number;
  readonly info: ManifestMessage;
  /** The bytes as IMAP delivered them, checked against their SHA-256. */
  readonly data: Uint8Array;
  /** `data` is not read any more: its memory may be freed at once. */
  readonly release: () => void;
}

export interface ArchiveReader {
  readonly catalog: Catalog;
  readonly codec: Codec;
  /** A store by name, for reading only. */
  readonly store: (name: string) => Store;
  /** Null: encrypted archives can't be read. */
  readonly reading: SpooledDecryption | null;
}

/** A message that can't be read back; line null: nothing of the archive can. */
export interface Damaged {
  readonly record: ArchiveRecord;
  readonly line: number | null;
  readonly reason: string;
  /** It is encrypted to others than the owner of the identity, so it is not known to be damaged. */
  readonly refused: boolean;
}

/**
 * The wanted messages, archive by archive, one ranged read per frame; an encrypted archive is
 * decrypted once. What can't be read back is reported to `damaged`, and the rest continues: after a
 * disaster, every message counts.
 */
export async function* readArchived(
  reader: ArchiveReader,
  wanted: readonly Wanted[],
  damaged: (fault: Damaged) => void,
): AsyncGenerator<ReadMessage> {
  for (const { record, lines } of wanted) {
    const report = (line: number | null, error: unknown): void =>
      damaged({ record, line, reason: errorMessage(error), refused: isRefused(error) });
    const single = await byItsFrame(reader, { record, lines });
    if (single !== null) {
      yield single;
      continue;
    }
    let archive: OpenArchive;
    try {
      archive = await openArchive(reader.store(record.store), record, reader.reading);
    } catch (error) {
      report(null, error);
      continue;
    }
    await using open = archive;
    let left = lines;
    while (left.length > 0) {
      let next = 0;
      try {
        for await (const message of fromArchive(reader, record, open, left)) {
          next += 1;
          yield message;
        }
        break;
      } catch (error) {
        if (!isError(error)) throw error;
        report(left[next] ?? null, error);
        left = left.slice(next + 1);
      }
    }
  }
}

/**
 * A single message, found by what the catalog knows of its frame: the manifest, which describes
 * thousands, is not needed. Its digest is compared all the same. Null: it must be read the usual way,
 * which also says what is wrong.
 */
async function byItsFrame(
  { catalog, codec, store }: ArchiveReader,
  { record, lines }: Wanted,
): Promise<ReadMessage | null> {
  const [line] = lines;
  if (line === undefined || lines.length > 1 || record.encryption !== null) return null;
  try {
    const frame = await catalog.frameLines(record.id, line);
    const info = frame?.messages[line - frame.first];
    if (frame === null || info === undefined) return null;
    const read = readerOf(store(record.store), record);
    const archive = { head: record, messages: frame.messages };
    for await (const { data, release } of codec.messages(archive, [line - frame.first], read))
      return { record, line, info, data, release };
    return null;
  } catch (error) {
    if (isError(error, 'verify', 'missing', 'store')) return null;
    throw error;
  }
}

function isRefused(error: unknown): boolean {
  return isError(error, 'refused');
}

async function* fromArchive(
  { codec }: ArchiveReader,
  record: ArchiveRecord,
  { manifest, read }: OpenArchive,
  lines: readonly number[],
): AsyncGenerator<ReadMessage> {
  for await (const { index, data, release } of codec.messages(manifest, lines, read)) {
    const info = manifest.messages[index];
    if (info !== undefined) yield { record, line: index, info, data, release };
  }
}
