import { HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { bytes } from '../../domain/brands.ts';
import { isError } from '../../errors.ts';
import { readAll } from '../../format/read-all.ts';
import type {
  ByteRange,
  ObjectLock,
  RemovableStore,
  SpoolFile,
  StoreHealth,
  StoreObject,
} from '../../ports/store.ts';
import { markerKey, markerText, parseMarker } from '../marker.ts';
import { isStoreKey, keySegments } from '../store-key.ts';
import { Bucket, versionOf } from './bucket.ts';
import { checkBucket } from './check.ts';
import { existsError } from './error.ts';
import { BadAnswer } from './fault.ts';
import { lockOf, requireLock } from './lock.ts';
import type { S3StoreOptions } from './options.ts';
import { type Content, contentOf, contentOfFile, largestPut, lockEnd, putObject } from './put.ts';
import { readObject, statObject } from './read.ts';
import { keptKeys, removeObject } from './remove.ts';

/** A store in an S3 bucket. `stop` ends the waiting between attempts. Dispose it: it keeps connections. */
export function s3Store(options: S3StoreOptions, stop: AbortSignal): RemovableStore & Disposable {
  return new S3Store(options, stop);
}

class S3Store implements RemovableStore, Disposable {
  readonly name: string;
  readonly kind = 's3';
  readonly maxObjectBytes = largestPut;
  readonly #bucket: Bucket;
  /** Whether the canary proved that If-None-Match works; null: not asked yet. */
  #exclusive: boolean | null = null;

  constructor(options: S3StoreOptions, stop: AbortSignal) {
    this.name = options.name;
    this.#bucket = new Bucket(options, stop);
  }

  [Symbol.dispose](): void {
    this.#bucket.client.destroy();
  }

  get exclusive(): boolean {
    return this.#exclusive === true;
  }

  get clockAheadMs(): number | null {
    return this.#bucket.clockAheadMs;
  }

  async marker(): Promise<string | null> {
    try {
      return parseMarker(this.name, await readAll(this.read(markerKey)));
    } catch (error) {
      if (isError(error, 'missing')) return null;
      throw error;
    }
  }

  async writeMarker(uuid: string): Promise<void> {
    await this.putBytes(markerKey, markerText(uuid));
    // Where nothing refuses a second writer, the last one has it.
    if ((await this.marker()) !== uuid) throw existsError(this.#bucket, markerKey, null);
  }

  async check(now: Date): Promise<StoreHealth> {
    const { exclusive, ...health } = await checkBucket(this.#bucket, this, now);
    // A check that failed on the way proved nothing.
    if (exclusive !== null) this.#exclusive = exclusive;
    return health;
  }

  async putFile(key: string, file: SpoolFile): Promise<StoreObject> {
    keySegments(key);
    return await this.#put(key, await contentOfFile(file));
  }

  async putBytes(key: string, data: Uint8Array): Promise<StoreObject> {
    keySegments(key);
    return await this.#put(key, contentOf(data));
  }

  /** S3 answers a PUT when it is durable; but it may have been put by somebody who did not see its lock. */
  async sync(key: string): Promise<void> {
    keySegments(key);
    const head = await this.#bucket.ask('look at', key, (abortSignal) =>
      this.#bucket.client.send(new HeadObjectCommand(this.#bucket.at(key)), { abortSignal }),
    );
    const lockUntil = lockEnd(this.#bucket.options, head.LastModified ?? new Date());
    if (lockUntil !== null) await requireLock(this.#bucket, key, versionOf(head.VersionId), lockUntil);
  }

  async *read(key: string, range?: ByteRange, version: string | null = null): AsyncGenerator<Uint8Array> {
    keySegments(key);
    yield* readObject(this.#bucket, key, range, version);
  }

  async stat(key: string): Promise<StoreObject | null> {
    keySegments(key);
    return await statObject(this.#bucket, key);
  }

  /** What a bucket holds may change without a trace. */
  async fingerprint(): Promise<null> {
    return null;
  }

  async *list(prefix: string): AsyncGenerator<StoreObject> {
    const { client, options } = this.#bucket;
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: options.bucket,
        Prefix: options.prefix + prefix,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      });
      const page = await this.#bucket.ask('list', prefix, async (abortSignal) => {
        const answer = await client.send(command, { abortSignal });
        // An error in the clothes of an answer must not look like an empty bucket.
        if (
          answer.Name === undefined ||
          (answer.IsTruncated === true && answer.NextContinuationToken === undefined)
        )
          throw new BadAnswer('the server answered the listing with something else');
        return answer;
      });
      for (const { Key: full = '', Size: size, LastModified: modified } of page.Contents ?? []) {
        const key = full.slice(options.prefix.length);
        if (isStoreKey(key))
          yield {
            key,
            bytes: bytes(size ?? 0),
            version: null,
            ...(modified === undefined ? {} : { modified }),
          };
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async *listKept(prefix: string): AsyncGenerator<StoreObject> {
    for await (const { key: full, bytes: size } of keptKeys(this.#bucket, prefix)) {
      const key = full.slice(this.#bucket.options.prefix.length);
      if (isStoreKey(key)) yield { key, bytes: bytes(size), version: null };
    }
  }

  /** Every version of it: a delete marker would free nothing. */
  async remove(key: string): Promise<void> {
    keySegments(key);
    await removeObject(this.#bucket, key);
  }

  async lockOf(key: string): Promise<ObjectLock | null> {
    keySegments(key);
    return await lockOf(this.#bucket, key);
  }

  /** A bucket has no bound that could be asked for. */
  async freeBytes(): Promise<null> {
    return null;
  }

  /** One PUT makes an object or nothing at all. */
  async leftovers(): Promise<readonly StoreObject[]> {
    return [];
  }

  async #put(key: string, content: Content): Promise<StoreObject> {
    const guard = this.#exclusive === null ? 'both' : this.#exclusive ? 'ask' : 'look';
    const lockUntil = lockEnd(this.#bucket.options, new Date());
    return await putObject(this.#bucket, key, content, { guard, lockUntil });
  }
}
