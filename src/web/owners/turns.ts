import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import { HttpFault } from '../fault.ts';

/** Messages that are read at once for all owners, and requests of one account that may be open. */
const readAtOnce = 2;
const mostWaiting = 4;
/** Searches and pages of one account within the window. A person does not read faster. */
const mostSearches = 30;
const mostPages = 120;
const windowMs = 60_000;
/** Accounts whose pages are counted. If there are more, the oldest are forgotten. */
const mostKnown = 10_000;
/**
 * SQLite runs in the thread that does everything else. After each search, the next search of any owner waits as
 * long as that one took, but at most this long. So owners use at most half of the thread's time.
 */
const longestRestMs = 5_000;
/** Downloads at once of one account and of all, and their bytes. Each is kept in memory until the client has it. */
const downloadsOfOne = 2;
const mostDownloads = 16;
const mostBytes = 256 * 1024 * 1024;

interface Counted {
  readonly since: number;
  searches: number;
  pages: number;
}

/** Limits what owners do at once, so that they don't hold up the daemon. Keys are accounts. */
export class OwnerTurns {
  readonly #now: () => number;
  readonly #reading = new PQueue({ concurrency: readAtOnce });
  readonly #searching = new PQueue({ concurrency: 1 });
  readonly #counted = new Map<string, Counted>();
  /** For each account with open requests: how many, and when the last of them ends. */
  readonly #waiting = new Map<string, { count: number; last: Promise<unknown> }>();
  readonly #downloads = new Map<string, number>();
  #downloading = { count: 0, bytes: 0 };

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts a page. @throws HttpFault 429 if there were too many within a minute. */
  page(key: string): void {
    const counted = this.#countedOf(key);
    if (counted.pages >= mostPages) throw this.#tooFast(counted);
    counted.pages += 1;
  }

  /** @throws HttpFault 429 if there were too many within a minute, or are too many at once. */
  async search<T>(key: string, gone: AbortSignal, task: () => Promise<T>): Promise<T> {
    const counted = this.#countedOf(key);
    if (counted.searches >= mostSearches) throw this.#tooFast(counted);
    counted.searches += 1;
    return await this.#one(key, gone, () => {
      const result = Promise.withResolvers<T>();
      void this.#searching.add(async () => {
        const began = performance.now();
        try {
          gone.throwIfAborted();
          result.resolve(await task());
        } catch (error) {
          result.reject(error);
        }
        await sleep(Math.min(longestRestMs, performance.now() - began));
      });
      return result.promise;
    });
  }

  /** Reads a message. @throws HttpFault 429 if this account has too many open requests. */
  async read<T>(key: string, gone: AbortSignal, task: () => Promise<T>): Promise<T> {
    return await this.#one(key, gone, () =>
      this.#reading.add(async () => {
        gone.throwIfAborted();
        return await task();
      }),
    );
  }

  /** Takes a place for a download until `gone` is aborted. @throws HttpFault 429 if no place is free. */
  takeDownload(key: string, bytes: number, gone: AbortSignal): void {
    const own = this.#downloads.get(key) ?? 0;
    const { count, bytes: held } = this.#downloading;
    // A single download may be larger than the limit.
    if (own >= downloadsOfOne || count >= mostDownloads || (count > 0 && held + bytes > mostBytes))
      throw atOnce();
    if (gone.aborted) return;
    this.#downloads.set(key, own + 1);
    this.#downloading = { count: count + 1, bytes: held + bytes };
    const giveBack = (): void => {
      const left = (this.#downloads.get(key) ?? 1) - 1;
      if (left > 0) this.#downloads.set(key, left);
      else this.#downloads.delete(key);
      this.#downloading = { count: this.#downloading.count - 1, bytes: this.#downloading.bytes - bytes };
    };
    gone.addEventListener('abort', giveBack, { once: true });
  }

  /** Runs the tasks of one account one after another, so that no account takes all places. */
  async #one<T>(key: string, gone: AbortSignal, task: () => Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(key) ?? { count: 0, last: Promise.resolve() };
    if (waiting.count >= mostWaiting) throw atOnce();
    this.#waiting.set(key, waiting);
    waiting.count += 1;
    const before = waiting.last;
    const own = (async () => {
      await before;
      gone.throwIfAborted();
      return await task();
    })();
    waiting.last = own.catch(() => undefined);
    try {
      return await own;
    } finally {
      waiting.count -= 1;
      if (waiting.count === 0) this.#waiting.delete(key);
    }
  }

  #countedOf(key: string): Counted {
    const now = this.#now();
    const known = this.#counted.get(key);
    if (known !== undefined && now - known.since < windowMs) return known;
    const fresh = { since: now, searches: 0, pages: 0 };
    this.#counted.delete(key);
    this.#counted.set(key, fresh);
    const [oldest] = this.#counted.keys();
    if (this.#counted.size > mostKnown && oldest !== undefined) this.#counted.delete(oldest);
    return fresh;
  }

  #tooFast({ since }: Counted): HttpFault {
    const seconds = Math.max(1, Math.ceil((since + windowMs - this.#now()) / 1_000));
    return new HttpFault(429, `too many requests within a minute; try again in ${seconds} seconds`, {
      'retry-after': String(seconds),
    });
  }
}

function atOnce(): HttpFault {
  return new HttpFault(
    429,
    'there are too many requests at once, yours or of others; wait for the first answers',
    {
      'retry-after': '5',
    },
  );
}
