import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { HeadObjectCommand, PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3';
import { bytes } from '../../domain/brands.ts';
import { add } from '../../domain/duration.ts';
import { MothballError } from '../../errors.ts';
import type { SpoolFile, StoreObject } from '../../ports/store.ts';
import { type Bucket, versionOf } from './bucket.ts';
import { existsError } from './error.ts';
import { BadAnswer, failureOf, isMissing, isTaken, mayNotKnowCondition } from './fault.ts';
import { requireLock } from './lock.ts';
import { readObject, statObject } from './read.ts';

/** S3 takes no larger object in one PUT. */
export const largestPut = 5 * 1024 ** 3;

/** What is put; each attempt opens the body again. */
export interface Content {
  readonly bytes: number;
  /** Base64. */
  readonly md5: string;
  /** Hex; signed, so that the server refuses any other body. */
  readonly sha256: string;
  readonly open: () => Readable;
  /** Whether an object that our own attempt left may be recognised by reading it: small ones only. */
  readonly comparable: boolean;
}

export interface PutWish {
  /** ask: If-None-Match · look: HEAD first · both: before it is known what the server can do. */
  readonly guard: 'ask' | 'look' | 'both';
  /** Until when nothing may remove it; null: no lock. */
  readonly lockUntil: Date | null;
}

export function contentOf(data: Uint8Array): Content {
  return {
    bytes: data.length,
    md5: createHash('md5').update(data).digest('base64'),
    sha256: createHash('sha256').update(data).digest('hex'),
    open: () => Readable.from([Buffer.from(data)], { objectMode: false }),
    comparable: true,
  };
}

export async function contentOfFile(file: SpoolFile): Promise<Content> {
  return {
    bytes: file.bytes,
    md5: await md5Of(file.path),
    sha256: file.sha256,
    open: () => createReadStream(file.path, { highWaterMark: 64 * 1024 }),
    comparable: false,
  };
}

/** Through one buffer: a stream would leave as much dead memory behind as the file is long. */
async function md5Of(path: string): Promise<string> {
  const md5 = createHash('md5');
  const piece = new Uint8Array(1024 * 1024);
  await using file = await open(path, 'r');
  for (;;) {
    const { bytesRead } = await file.read(piece, 0, piece.length, null);
    if (bytesRead === 0) return md5.digest('base64');
    md5.update(piece.subarray(0, bytesRead));
  }
}

/** When an object that is put now may be removed, by the store's object lock. */
export function lockEnd({ objectLock }: Bucket['options'], now: Date): Date | null {
  return objectLock === null ? null : add(now, objectLock.for, 'UTC');
}

/** Puts one object under a new name. @throws `exists`, `store`. */
export async function putObject(
  bucket: Bucket,
  key: string,
  content: Content,
  wish: PutWish,
): Promise<StoreObject> {
  if (content.bytes > largestPut) {
    throw new MothballError(
      {
        fact: `store "${bucket.name}": ${JSON.stringify(key)} has ${content.bytes} bytes, S3 takes at most ${largestPut} in one object`,
        notDone: 'it was not stored and nothing was deleted',
        remedy: 'Lower spool.maxBytes or use a local store for such mail',
      },
      { code: 'store' },
    );
  }
  const version = await bucket.ask('write', key, async (signal, attempt) => {
    // The attempt before may have been applied and its answer lost.
    const taken = async (cause: unknown): Promise<string | null> => {
      const own = attempt > 1 && content.comparable ? await ownVersion(bucket, key, content) : undefined;
      if (own === undefined) throw existsError(bucket, key, cause);
      return own;
    };
    if (wish.guard !== 'ask' && (await isThere(bucket, key, signal))) return await taken(null);
    try {
      return await putOnce(bucket, key, { content, wish, signal });
    } catch (error) {
      if (wish.guard === 'both' && mayNotKnowCondition(error))
        return await putOnce(bucket, key, { content, wish: { ...wish, guard: 'look' }, signal });
      if (!isTaken(error)) throw error;
      // The other request on that name may have been for nothing.
      if (failureOf(error).status === 409 && !(await isThere(bucket, key, signal)))
        throw new BadAnswer('another request is at work on that name');
      return await taken(error);
    }
  });
  bucket.notePut(key);
  const stored = { key, bytes: bytes(content.bytes), version };
  if (wish.lockUntil !== null) await requireLock(bucket, key, version, wish.lockUntil);
  return stored;
}

interface Attempt {
  readonly content: Content;
  readonly wish: PutWish;
  readonly signal: AbortSignal;
}

async function putOnce(
  bucket: Bucket,
  key: string,
  { content, wish, signal }: Attempt,
): Promise<string | null> {
  const body = content.open();
  const stop = new AbortController();
  // The SDK does not listen: a spool file that can't be read would end the process.
  let unreadable: unknown = null;
  body.once('error', (error) => {
    unreadable = error;
    stop.abort();
  });
  const command = new PutObjectCommand({ ...inputOf(bucket, key, content, wish), Body: body });
  const { storageClass } = bucket.options;
  const headers = {
    // Signed, and so checked by the server; the SDK would send a stream unsigned.
    'x-amz-content-sha256': content.sha256,
    // Set here because S3-compatible servers have classes that the SDK does not know.
    ...(storageClass === null ? {} : { 'x-amz-storage-class': storageClass }),
  };
  command.middlewareStack.add(
    (next) => (args) => {
      const { request } = args;
      if (typeof request === 'object' && request !== null && 'headers' in request)
        Object.assign(request.headers ?? {}, headers);
      return next(args);
    },
    { step: 'build', name: 'extraHeaders' },
  );
  try {
    const abortSignal = AbortSignal.any([signal, stop.signal]);
    const { ETag, VersionId } = await bucket.client.send(command, { abortSignal });
    if (ETag === undefined) throw new BadAnswer('the server answered the PUT without an ETag');
    return versionOf(VersionId);
  } catch (error) {
    throw unreadable ?? error;
  } finally {
    body.destroy();
  }
}

function inputOf(
  bucket: Bucket,
  key: string,
  content: Content,
  { guard, lockUntil }: PutWish,
): Omit<PutObjectCommandInput, 'Body'> {
  const { objectLock } = bucket.options;
  return {
    ...bucket.at(key),
    ...wantedOf(bucket.options),
    ContentLength: content.bytes,
    ContentMD5: content.md5,
    ContentType: 'application/octet-stream',
    ...(guard === 'look' ? {} : { IfNoneMatch: '*' }),
    ...(lockUntil === null || objectLock === null
      ? {}
      : { ObjectLockMode: objectLock.mode, ObjectLockRetainUntilDate: lockUntil }),
  };
}

/** What the configuration wants of every object; policies of a bucket may refuse any other. */
export function wantedOf({ sse, tags }: Bucket['options']) {
  const tagging = Object.entries(tags)
    // Not as forms are encoded: some servers keep the `+` of a blank.
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
  return {
    ...(sse === null ? {} : { ServerSideEncryption: sse.type }),
    ...(sse?.keyId == null ? {} : { SSEKMSKeyId: sse.keyId }),
    ...(tagging === '' ? {} : { Tagging: tagging }),
  };
}

async function isThere(bucket: Bucket, key: string, abortSignal: AbortSignal): Promise<boolean> {
  try {
    await bucket.client.send(new HeadObjectCommand(bucket.at(key)), { abortSignal });
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** The version of an object that holds the content already; undefined when it holds something else. */
async function ownVersion(bucket: Bucket, key: string, content: Content): Promise<string | null | undefined> {
  const found = await statObject(bucket, key);
  if (found?.bytes !== content.bytes) return undefined;
  const hash = createHash('sha256');
  for await (const piece of readObject(bucket, key, undefined, found.version)) hash.update(piece);
  return hash.digest('hex') === content.sha256 ? found.version : undefined;
}
