import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { bytes } from '../../domain/brands.ts';
import { isError, MothballError } from '../../errors.ts';
import type { ByteRange, StoreObject } from '../../ports/store.ts';
import { type Bucket, versionOf } from './bucket.ts';
import { missingError, s3Error } from './error.ts';
import { BadAnswer, failureOf, isPassing } from './fault.ts';
import { LeastRate } from './least-rate.ts';
import { backOff } from './retry.ts';

/** What the object was at the first answer; a later part must be of the same. */
interface Whole {
  readonly size: number;
  readonly etag: string;
}

interface WantedPart {
  readonly at: number;
  /** Null: up to the end of the object. */
  readonly end: number | null;
  readonly version: string | null;
  /** What an earlier answer said of the object. */
  readonly whole: Whole | null;
}

/**
 * An object, or a range of it, in pieces. A body that breaks off is resumed where it stopped, of
 * the same version. @throws MothballError `missing`, `verify` when it is shorter than the range or
 * changes meanwhile, `store`.
 */
export async function* readObject(
  bucket: Bucket,
  key: string,
  range: ByteRange | undefined,
  version: string | null,
): AsyncGenerator<Uint8Array> {
  let at = range?.offset ?? 0;
  // A Range header can't ask for nothing.
  if (range?.length === 0) return await requireLength(bucket, key, at, version);
  let end = range === undefined ? null : at + range.length;
  let whole: Whole | null = null;
  const rate = new LeastRate(bucket, key);
  for (let failures = 0; ;) {
    const from = at;
    try {
      const part = await openPart(bucket, key, { at, end, version, whole });
      // Servers that know no If-Match, or ignore it, are found out here.
      if (whole !== null && (part.whole.etag !== whole.etag || part.whole.size !== whole.size)) {
        part.body.destroy();
        throw changed(bucket, key);
      }
      whole ??= part.whole;
      if (end !== null && end > whole.size) throw short(bucket, key, end, whole.size);
      end ??= whole.size;
      try {
        for await (const given of rate.pieces(part.body)) {
          const piece = toBytes(given);
          const wanted = piece.subarray(0, end - at);
          at += wanted.length;
          if (wanted.length > 0) yield wanted;
          // Read to its end, a connection can be used again.
          if (wanted.length < piece.length) break;
        }
      } finally {
        part.body.destroy();
      }
      if (at === end) return;
      throw new BadAnswer(`the answer ended after ${at - from} bytes`);
    } catch (error) {
      failures = at > from ? 1 : failures + 1;
      if (isError(error) || failures >= bucket.options.maxAttempts || !isPassing(error))
        throw s3Error(bucket, 'read', key, error);
      await backOff(failures, bucket.stop);
      bucket.stop.throwIfAborted();
    }
  }
}

async function openPart(
  bucket: Bucket,
  key: string,
  { at, end, version, whole }: WantedPart,
): Promise<{ readonly body: Readable; readonly whole: Whole }> {
  const ranged = end !== null || at > 0;
  const command = new GetObjectCommand({
    ...bucket.at(key),
    ...(version === null ? {} : { VersionId: version }),
    ...(ranged ? { Range: `bytes=${at}-${end === null ? '' : end - 1}` } : {}),
    ...(whole === null || version !== null ? {} : { IfMatch: whole.etag }),
  });
  return await bucket.ask('read', key, async (deadline) => {
    // The deadline is for the answer; a body takes as long as its reader.
    const opening = new AbortController();
    const late = (): void => opening.abort();
    deadline.addEventListener('abort', late, { once: true });
    try {
      const answer = await bucket.client.send(command, { abortSignal: opening.signal });
      const { Body: body, ETag: etag } = answer;
      if (!(body instanceof Readable) || etag === undefined)
        throw new BadAnswer('the server answered the GET with something that is not an object');
      const { ContentRange: range } = answer;
      const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(range ?? '') ?? [];
      // A total of `*` (RFC 9110, section 14.4) would leave the length of the object unknown.
      if (range !== undefined && total === undefined) {
        body.destroy();
        throw new BadAnswer('the server answered with a range that does not include the whole length');
      }
      if (Number(start ?? 0) !== at) {
        body.destroy();
        throw new BadAnswer('the server answered with another range than was asked for');
      }
      const size = Number(total ?? answer.ContentLength ?? Number.NaN);
      if (!Number.isSafeInteger(size)) {
        body.destroy();
        throw new BadAnswer('the server answered the GET without a length');
      }
      return { body, whole: { size, etag } };
    } catch (error) {
      const { status, code } = failureOf(error);
      if (status === 416) throw short(bucket, key, end ?? at, null);
      if (status === 412) throw changed(bucket, key);
      // An ID that another server made is not valid here.
      if (version !== null && status === 400 && /^Invalid(?:Argument|VersionId)/.test(code))
        throw missingError(bucket, key, error);
      throw error;
    } finally {
      deadline.removeEventListener('abort', late);
    }
  });
}

/** The object as it is now, or one version of it; null when it is not there. */
export async function statObject(bucket: Bucket, key: string): Promise<StoreObject | null> {
  try {
    const head = await bucket.ask('look at', key, (abortSignal) =>
      bucket.client.send(new HeadObjectCommand(bucket.at(key)), { abortSignal }),
    );
    return { key, bytes: bytes(head.ContentLength ?? 0), version: versionOf(head.VersionId) };
  } catch (error) {
    if (isError(error, 'missing')) return null;
    throw error;
  }
}

async function requireLength(
  bucket: Bucket,
  key: string,
  end: number,
  version: string | null,
): Promise<void> {
  const head = await bucket.ask('look at', key, (abortSignal) =>
    bucket.client.send(
      new HeadObjectCommand({ ...bucket.at(key), ...(version === null ? {} : { VersionId: version }) }),
      { abortSignal },
    ),
  );
  const size = head.ContentLength ?? 0;
  if (end > size) throw short(bucket, key, end, size);
}

function toBytes(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  throw new TypeError('the S3 client gave something other than bytes');
}

function short(bucket: Bucket, key: string, wanted: number, size: number | null): MothballError {
  return new MothballError(
    {
      fact: `store "${bucket.name}": bucket ${bucket.bucket}: ${JSON.stringify(key)} ends ${size === null ? 'earlier' : `at byte ${size}`}, but ${wanted} were to be read: the archive is truncated`,
      notDone: 'no mail is deleted based on it',
      remedy: 'Run verify, and restore the object from a copy',
    },
    { code: 'verify' },
  );
}

function changed(bucket: Bucket, key: string): MothballError {
  return new MothballError(
    {
      fact: `store "${bucket.name}": bucket ${bucket.bucket}: ${JSON.stringify(key)} was overwritten while it was read`,
      notDone: 'no mail is deleted based on it',
    },
    { code: 'verify' },
  );
}
