import type { Config } from '../config/config.ts';
import type { AccountRef } from '../domain/account.ts';
import { MothballError } from '../errors.ts';
import type { CommonOptions } from './context.ts';

/** Accounts that one command works on at a time where nothing else is said, on all servers together. */
const mostAccounts = 64;

/** How many accounts are worked on at a time. */
export interface PoolLimits {
  readonly total: number;
  /** Of one server. */
  readonly perServer: (server: string) => number;
}

/** By `maxConnections` of each server, and `--account-concurrency`. @throws `usage`. */
export function poolLimits({ servers }: Config, options: CommonOptions): PoolLimits {
  const { accountConcurrency: given } = options;
  if (given !== undefined && !/^[1-9]\d{0,3}$/.test(given))
    throw new MothballError(
      {
        fact: `--account-concurrency takes a number from 1 to 9999, not "${given}"`,
        notDone: 'nothing was done',
      },
      { code: 'usage' },
    );
  const total = given === undefined ? mostAccounts : Number(given);
  return { total, perServer: (server) => servers.get(server)?.maxConnections ?? 1 };
}

/**
 * Does the step for each account, several at a time, begun in the order given for each server. After
 * `stopped` answers true, or a step throws, no other is begun; those begun are waited for.
 */
export async function inPool<T extends Pick<AccountRef, 'server'>>(
  { total, perServer }: PoolLimits,
  accounts: readonly T[],
  step: (account: T, index: number) => Promise<void>,
  stopped: () => boolean,
): Promise<void> {
  const places = new Places(total);
  let failed = false;
  const worker = async (queue: Iterator<readonly [number, T]>): Promise<void> => {
    for (;;) {
      using _place = await places.take();
      if (failed || stopped()) return;
      const next = queue.next();
      if (next.done === true) return;
      const [index, account] = next.value;
      try {
        await step(account, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers: Promise<void>[] = [];
  for (const [server, entries] of Map.groupBy(accounts.entries(), ([, account]) => account.server)) {
    const queue = entries.values();
    const many = Math.min(perServer(server), total, entries.length);
    for (let number = 0; number < many; number += 1) workers.push(worker(queue));
  }
  // Nobody closes what the others still use.
  for (const ended of await Promise.allSettled(workers)) if (ended.status === 'rejected') throw ended.reason;
}

/** At most this many at a time, in the order in which they came. */
class Places {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(many: number) {
    this.#free = many;
  }

  async take(): Promise<Disposable> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return { [Symbol.dispose]: () => this.#release() };
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

/** What belongs to several accounts, in their order, each as soon as nothing before it is missing. */
export class InOrder {
  readonly #ready = new Map<number, () => void>();
  #next = 0;

  add(index: number, show: () => void): void {
    this.#ready.set(index, show);
    for (;;) {
      const due = this.#ready.get(this.#next);
      if (due === undefined) return;
      this.#ready.delete(this.#next);
      this.#next += 1;
      due();
    }
  }

  /** What is there without what is missing before it. */
  end(): void {
    for (const [, show] of [...this.#ready].sort(([a], [b]) => a - b)) show();
    this.#ready.clear();
  }
}
