import type { S3Client } from '@aws-sdk/client-s3';
import { isError } from '../../errors.ts';
import { s3Client } from './client.ts';
import { missingError, s3Error } from './error.ts';
import { isMissing, isPassing } from './fault.ts';
import type { S3StoreOptions } from './options.ts';
import { persist } from './retry.ts';

/** For this long after a PUT, "no such object" is not believed at once. */
const settlingMs = 60_000;

/** One bucket as this store uses it: the client, its patience, and what was put just now. */
export class Bucket {
  readonly options: S3StoreOptions;
  readonly client: S3Client;
  /** Ends the waiting between attempts. */
  readonly stop: AbortSignal;
  readonly #put = new Map<string, number>();
  /** What the server's clock is ahead of ours, in milliseconds; null before its first answer. */
  clockAheadMs: number | null = null;

  constructor(options: S3StoreOptions, stop: AbortSignal) {
    this.options = options;
    this.client = s3Client(options);
    this.stop = stop;
    this.client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { response } = result;
        if (typeof response === 'object' && response !== null && 'headers' in response)
          this.#note(response.headers);
        return result;
      },
      { step: 'deserialize', priority: 'low', name: 'serverClock' },
    );
  }

  get name(): string {
    return this.options.name;
  }

  get bucket(): string {
    return this.options.bucket;
  }

  /** The bucket and a key as requests name them. */
  at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.options.bucket, Key: this.options.prefix + key };
  }

  /** One request with its retries. @throws MothballError `missing` or `store`. */
  async ask<T>(
    action: string,
    key: string,
    step: (signal: AbortSignal, attempt: number) => Promise<T>,
  ): Promise<T> {
    const retryable = (error: unknown): boolean =>
      isPassing(error) || (isMissing(error) && this.wasPutJustNow(key));
    try {
      return await persist({ ...this.options, stop: this.stop }, retryable, step);
    } catch (error) {
      if (isError(error)) throw error;
      throw isMissing(error) ? missingError(this, key, error) : s3Error(this, action, key, error);
    }
  }

  notePut(key: string): void {
    const now = performance.now();
    for (const [old, at] of this.#put) {
      if (now - at < settlingMs) break;
      this.#put.delete(old);
    }
    this.#put.set(key, now);
  }

  wasPutJustNow(key: string): boolean {
    const at = this.#put.get(key);
    return at !== undefined && performance.now() - at < settlingMs;
  }

  forget(key: string): void {
    this.#put.delete(key);
  }

  #note(headers: unknown): void {
    if (typeof headers !== 'object' || headers === null || !('date' in headers)) return;
    const server = typeof headers.date === 'string' ? Date.parse(headers.date) : Number.NaN;
    if (!Number.isNaN(server)) this.clockAheadMs = server - Date.now();
  }
}

/** The version that an answer names; null where the bucket keeps none. */
export function versionOf(id: string | undefined): string | null {
  return id === undefined || id === '' || id === 'null' ? null : id;
}
