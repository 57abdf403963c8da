import { isDeepStrictEqual } from 'node:util';
import type { Bytes, Sha256 } from '../domain/brands.ts';
import { isError } from '../errors.ts';
import type { EncodedManifest } from '../format/manifest.ts';
import type { Manifest, ManifestEncryption, ManifestMessage } from '../format/manifest-types.ts';
import type { Batch } from '../ports/records.ts';
import type { StoreObject } from '../ports/store.ts';

/** What an archive is made from: a batch, or the same of mail that no batch was recorded for (key null). */
export type SealBatch = Omit<Batch, 'key' | 'deletes' | 'uids'> & { readonly key: string | null };

/** Where an object is stored and what it is, whether just put or found there. */
export interface Placed {
  readonly key: string;
  readonly bytes: Bytes;
  readonly sha256: Sha256;
  readonly version: string | null;
  readonly messages: readonly ManifestMessage[];
  readonly encryption?: ManifestEncryption;
  /** It was there already, and not by a record of this catalog. */
  readonly adopted: boolean;
}

/** A manifest that is in its store; `object` is its digest there where it is encrypted. */
export interface Committed {
  readonly manifest: Manifest;
  /** Its `manifestDigest`; null where it was not computed yet. */
  readonly digest: Sha256 | null;
  readonly object: Sha256 | null;
  /** As in `Placed`. */
  readonly adopted: boolean;
}

/** How object and manifest get into the store, in the clear or encrypted. */
export interface Sealing extends AsyncDisposable {
  /** Puts the object; one that is there already is adopted when it holds the same messages, else null. */
  place(key: string): Promise<Placed | null>;
  /**
   * Writes the manifest, or adopts the one that a crashed run left when it describes the same object, else
   * null. `encoded`: the manifest as it is written, where that is known.
   */
  commit(key: string, manifest: Manifest, encoded: EncodedManifest | null): Promise<Committed | null>;
}

/** Whether a manifest found describes the same object and messages; run and flags may be of another day. */
export function sameArchive(found: Manifest, manifest: Manifest): boolean {
  const names = manifest.head.headerNames.filter((name) => found.head.headerNames.includes(name));
  const alike = (a: ManifestMessage, b: ManifestMessage | undefined): boolean =>
    b !== undefined && isDeepStrictEqual(decisive(a, names), decisive(b, names));
  return (
    found.head.id === manifest.head.id &&
    // When an object was put again under the same name, an old manifest names a version that is gone.
    found.head.key === manifest.head.key &&
    (found.head.objectVersion ?? null) === (manifest.head.objectVersion ?? null) &&
    found.head.sha256 === manifest.head.sha256 &&
    found.messages.length === manifest.messages.length &&
    manifest.messages.every((message, index) => alike(message, found.messages[index]))
  );
}

/** What deletions, holds and readers rely on. */
function decisive(
  { headers, cut = [], ...line }: ManifestMessage,
  names: readonly string[],
): readonly unknown[] {
  const { uid, sha256, size, headerSha256, internalDate, emailId, sizeMismatch } = line;
  const { crlf, addedNewline, frame, stored } = line;
  const identity = [uid, sha256, size, headerSha256, internalDate, emailId, sizeMismatch];
  const recorded = names.map((name) => [headers[name] ?? [], cut.includes(name)]);
  return [...identity, crlf, addedNewline, frame, stored, recorded];
}

/** Puts an object; null when one of that name is there already. */
export async function unlessExists(put: () => Promise<StoreObject>): Promise<StoreObject | null> {
  try {
    return await put();
  } catch (error) {
    if (isError(error, 'exists')) return null;
    throw error;
  }
}
