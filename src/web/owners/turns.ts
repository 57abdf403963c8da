import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import { HttpFault } from '../fault.ts';

/** Messages that owners have read at once, of all accounts; and what one account may have waiting. */
const readAtOnce = 2;
const mostWaiting = 4;
/** Searches, and pages in all, of one account within the window: a person does not read faster. */
const mostSearches = 30;
const mostPages = 120;
const windowMs = 60_000;
/** Accounts whose pages are counted; beyond this the oldest are forgotten. */
const mostKnown = 10_000;
/**
 * SQLite answers in the thread that does everything else. After a search, owners search again when as much time
 * has passed as it took, up to this, so that all of them together leave half of the thread to others.
 */
const longestRestMs = 5_000;
/** Downloads under way, of one account and of all, and their bytes: each is whole in memory until it is taken. */
const downloadsOfOne = 2;
const mostDownloads = 16;
const mostBytes = 256 * 1024 * 1024;

interface Counted {
  readonly since: number;
  searches: number;
  pages: number;
}

/** Takes turns, so that owners don't hold up the daemon. Keys are accounts. */
export class OwnerTurns {
  readonly #now: () => number;
  readonly #reading = new PQueue({ concurrency: readAtOnce });
  readonly #searching = new PQueue({ concurrency: 1 });
  readonly #counted = new Map<string, Counted>();
  /** For each account with something waiting: how much, and when the last of it ends. */
  readonly #waiting = new Map<string, { count: number; last: Promise<unknown> }>();
  readonly #downloads = new Map<string, number>();
  #downloading = { count: 0, bytes: 0 };

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts a page. @throws HttpFault 429 for too many within a minute. */
  page(key: string): void {
    const counted = this.#countedOf(key);
    if (counted.pages >= mostPages) throw this.#tooFast(counted);
    counted.pages += 1;
  }

  /** @throws HttpFault 429 for too many within a minute, or at once. */
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

  /** Reads a message. @throws HttpFault 429 when too much of this account waits already. */
  async read<T>(key: string, gone: AbortSignal, task: () => Promise<T>): Promise<T> {
    return await this.#one(key, gone, () =>
      this.#reading.add(async () => {
        gone.throwIfAborted();
        return await task();
      }),
    );
  }

  /** Takes a place until `gone`, when the client has the bytes or has left. @throws HttpFault 429 when there is none. */
  takeDownload(key: string, bytes: number, gone: AbortSignal): void {
    const own = this.#downloads.get(key) ?? 0;
    const { count, bytes: held } = this.#downloading;
    // One alone may be larger than all together.
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

  /** One task of an account after the other: none takes all the places. */
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
    return new HttpFault(429, `you asked for too much within a minute; try again in ${seconds} seconds`, {
      'retry-after': String(seconds),
    });
  }
}

function atOnce(): HttpFault {
  return new HttpFault(429, 'you asked for too much at once, or others did; wait for the first answers', {
    'retry-after': '5',
  });
}
