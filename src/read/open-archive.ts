/**
 * `read/`: finds, opens and reads archives, and writes nothing but decrypted mail in the spool.
 * `search-query.ts` and `wanted.ts` turn what a person types into lines of archives; `open-archive.ts`
 * opens one archive, and decrypts it where needed; `read-archive.ts` yields its messages and reports
 * what can't be read. The page and the API use this room, so it must stay unable to change anything.
 * May import `work` and what is below the rooms.
 */
import { type Sha256, shortId } from '../domain/brands.ts';
import { isError, MothballError } from '../errors.ts';
import { isEncryptedKey } from '../format/archive-key.ts';
import type { Manifest } from '../format/manifest-types.ts';
import { type ParsedManifest, parseManifestText } from '../format/manifest-parse.ts';
import { plainManifest } from '../format/manifest.ts';
import { Digested } from '../format/object-digest.ts';
import { readAll } from '../format/read-all.ts';
import type { ReadObject } from '../ports/codec.ts';
import type { Decryption } from '../ports/encryption.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';
import { requireSpoolSpace } from '../work/spool.ts';
import { DecryptedFile } from './decrypted-file.ts';

/** What is needed to read encrypted archives too. */
export interface SpooledDecryption {
  readonly decryption: Decryption;
  /** Directory of the decrypted object while it is read. */
  readonly spoolPath: string;
}

/** An archive to read from until it is disposed; its manifest describes the object as `read` returns it. */
export interface OpenArchive extends AsyncDisposable {
  readonly manifest: Manifest;
  readonly read: ReadObject;
}

/**
 * Opens an archive. An encrypted one can't be read by ranges: its object is decrypted once, into a
 * file of the spool that is removed with it. @throws `verify`, `missing`, `refused` when no identity
 * fits, `identity` without one (`reading` null).
 */
export async function openArchive(
  store: Store,
  record: ArchiveRecord,
  reading: SpooledDecryption | null,
): Promise<OpenArchive> {
  const stored = await readManifest(store, record, reading?.decryption ?? null);
  const read = readerOf(store, record);
  const manifest = plainManifest(stored);
  if (!isEncryptedKey(record.key) || reading === null)
    return { manifest, read, [Symbol.asyncDispose]: async () => undefined };
  const { decryption, spoolPath } = reading;
  await requireSpoolSpace(spoolPath, manifest.head.bytes);
  const file = await DecryptedFile.open(spoolPath, decrypted(record.key, read(), decryption));
  return {
    manifest,
    read: (range) => file.read(range),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** The manifest as it is stored. @throws `verify` also when it is another archive's, `refused` when no identity fits, `identity` without one. */
export async function readManifest(
  store: Store,
  record: Pick<ArchiveRecord, 'id' | 'manifestKey'>,
  decryption: Decryption | null,
): Promise<Manifest> {
  return (await readManifestText(store, record, decryption)).manifest;
}

/** A manifest as it is stored, with the SHA-256 of its object after decryption. */
export interface StoredManifest extends ParsedManifest {
  readonly objectDigest: Sha256;
}

/** As `readManifest`, with the digests of its text and of its object. */
export async function readManifestText(
  store: Store,
  { id, manifestKey }: Pick<ArchiveRecord, 'id' | 'manifestKey'>,
  decryption: Decryption | null,
): Promise<StoredManifest> {
  const pieces = store.read(manifestKey);
  const plain = isEncryptedKey(manifestKey) ? decrypted(manifestKey, pieces, decryption) : pieces;
  const object = new Digested(plain);
  const read = await parseManifestText(await readAll(object));
  const { manifest } = read;
  if (manifest.head.id === id) return { ...read, objectDigest: object.digest().sha256 };
  throw new MothballError(
    {
      fact: `store "${store.name}": manifest ${manifestKey} is that of archive ${shortId(manifest.head.id)}, not of ${shortId(id)}`,
      remedy: 'Run `mothball verify`, and restore the file from a copy',
    },
    { code: 'verify' },
  );
}

/** The content of an encrypted object. @throws as `Decryption` does, `identity` without one. */
export async function* decrypted(
  key: string,
  source: AsyncIterable<Uint8Array>,
  decryption: Decryption | null,
): AsyncGenerator<Uint8Array> {
  if (decryption === null) throw noIdentity(`${key} is encrypted`);
  try {
    yield* decryption.decrypt(source);
  } catch (error) {
    if (!isError(error, 'verify', 'refused')) throw error;
    const { explanation, code } = error;
    throw new MothballError({ ...explanation, fact: `${key}: ${explanation.fact}` }, { code, cause: error });
  }
}

/** Checks for the identity before anything begins. @throws `identity` when it is needed and was not given. */
export function requireIdentity(records: readonly ArchiveRecord[], decryption: Decryption | null): void {
  const first = records.find(({ encryption }) => encryption !== null);
  if (first === undefined || decryption !== null) return;
  throw noIdentity(`archive ${shortId(first.id)} in store "${first.store}" is encrypted`);
}

function noIdentity(what: string): MothballError {
  return new MothballError(
    {
      fact: `${what} and can't be read without an identity`,
      remedy: 'Give the file that holds it with --identity FILE',
    },
    { code: 'identity' },
  );
}

/**
 * Reads the version that was stored, or where it is missing the object as it is now: a copy of a
 * bucket has other versions, and every message is checked against its digest anyway.
 */
export function readerOf(store: Store, { key, objectVersion }: ArchiveRecord): ReadObject {
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
      const gone = isError(error, 'missing');
      if (begun || version === null || !gone) throw error;
    }
    version = null;
    yield* store.read(key, range);
  };
}
