import {
  type DeleteMarkerEntry,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3';
import { isError, MothballError } from '../../errors.ts';
import type { Bucket } from './bucket.ts';
import { missingError } from './error.ts';
import { BadAnswer, failureOf } from './fault.ts';
import { statObject } from './read.ts';

/** One version of a key, or a delete marker on it. */
interface Version {
  /** With the store's prefix. */
  readonly key: string;
  /** `null` is the ID of what was put while the bucket kept no versions. */
  readonly id: string;
  readonly size: number | null;
  readonly latest: boolean;
}

/**
 * Removes all that a bucket keeps of a key: every version, also those that a delete marker hides or
 * that are older than the bucket's versioning, and the markers. @throws `missing`; `store` when
 * anything is left.
 */
export async function removeObject(bucket: Bucket, key: string): Promise<void> {
  bucket.forget(key);
  const found = await versionsOf(bucket, key);
  // Servers without versions list none.
  if (found.length === 0) return await removePlain(bucket, key);
  // What is current goes last: no older version comes to light, and a lock on one keeps them all readable.
  for (const { id } of found.toSorted((a, b) => Number(a.latest) - Number(b.latest)))
    await removeOne(bucket, key, id);
  const left = await versionsOf(bucket, key);
  if (left.length > 0) throw leftError(bucket, key, left.length);
}

/** Keys below a prefix of which the bucket keeps any content at all, with its bytes, in the bucket's order. */
export async function* keptKeys(
  bucket: Bucket,
  prefix: string,
): AsyncGenerator<{ readonly key: string; readonly bytes: number }> {
  let last: { readonly key: string; readonly bytes: number } | null = null;
  for await (const { key, size } of versions(bucket, prefix)) {
    if (size === null) continue;
    const sum: number = last?.key === key ? last.bytes + size : size;
    if (last !== null && last.key !== key) yield last;
    last = { key, bytes: sum };
  }
  if (last !== null) yield last;
}

async function versionsOf(bucket: Bucket, key: string): Promise<readonly Version[]> {
  const own = bucket.at(key).Key;
  const found: Version[] = [];
  for await (const version of versions(bucket, key)) if (version.key === own) found.push(version);
  return found;
}

async function* versions(bucket: Bucket, prefix: string): AsyncGenerator<Version> {
  let at: { readonly KeyMarker?: string; readonly VersionIdMarker?: string } | null = {};
  while (at !== null) {
    const command: ListObjectVersionsCommand = new ListObjectVersionsCommand({
      Bucket: bucket.bucket,
      Prefix: bucket.options.prefix + prefix,
      ...at,
    });
    const page = await ask(bucket, prefix, command);
    if (page === null) return;
    const found = [
      ...(page.Versions ?? []).map((version) => versionFrom(version, version.Size ?? 0)),
      ...(page.DeleteMarkers ?? []).map((marker) => versionFrom(marker, null)),
    ];
    // Objects and markers come apart; key order is what the callers are promised.
    yield* found.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    at = next(page);
  }
}

/** Null: a server that does not know the request, and so keeps no versions. */
async function ask(
  bucket: Bucket,
  prefix: string,
  command: ListObjectVersionsCommand,
): Promise<ListObjectVersionsCommandOutput | null> {
  return await bucket.ask('list the versions of', prefix, async (abortSignal) => {
    try {
      const answer = await bucket.client.send(command, { abortSignal });
      // An error in the clothes of an answer must not look like nothing.
      if (answer.Name === undefined || (answer.IsTruncated === true && answer.NextKeyMarker === undefined))
        throw new BadAnswer('the server answered the listing with something else');
      return answer;
    } catch (error) {
      if (failureOf(error).status === 501) return null;
      throw error;
    }
  });
}

function next(
  page: ListObjectVersionsCommandOutput,
): { readonly KeyMarker?: string; readonly VersionIdMarker?: string } | null {
  if (page.IsTruncated !== true) return null;
  const { NextKeyMarker: key, NextVersionIdMarker: id } = page;
  return {
    ...(key === undefined ? {} : { KeyMarker: key }),
    ...(id === undefined ? {} : { VersionIdMarker: id }),
  };
}

function versionFrom(
  given: Pick<DeleteMarkerEntry, 'Key' | 'VersionId' | 'IsLatest'>,
  size: number | null,
): Version {
  return { key: given.Key ?? '', id: given.VersionId ?? 'null', size, latest: given.IsLatest === true };
}

async function removePlain(bucket: Bucket, key: string): Promise<void> {
  if ((await statObject(bucket, key)) === null) throw missingError(bucket, key, null);
  await removeOne(bucket, key, null);
  if ((await statObject(bucket, key)) !== null) throw leftError(bucket, key, 1);
}

async function removeOne(bucket: Bucket, key: string, id: string | null): Promise<void> {
  const command = new DeleteObjectCommand({
    ...bucket.at(key),
    ...(id === null ? {} : { VersionId: id }),
  });
  try {
    await bucket.ask('remove', key, (abortSignal) => bucket.client.send(command, { abortSignal }));
  } catch (error) {
    // Somebody else was first, or the answer to the attempt before was lost.
    if (!isError(error, 'missing')) throw error;
  }
}

function leftError(bucket: Bucket, key: string, count: number): MothballError {
  return new MothballError(
    {
      fact: `store "${bucket.name}": bucket ${bucket.bucket}: ${JSON.stringify(key)} was removed, but the bucket still keeps ${count} of its versions`,
      remedy: 'Run it again, and check whether something else writes there',
    },
    { code: 'store', retryable: true },
  );
}
