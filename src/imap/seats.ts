import { MothballError } from '../errors.ts';

/** Connections of one user to one host. Many servers refuse the next one (Dovecot: mail_max_userip_connections). */
export const mostPerUser = 10;

/** Whose connection it is. */
export interface Seat {
  readonly who: string;
  readonly host: string;
  readonly user: string;
}

/** Counts the connections of each user to each host; never more than servers take. */
export class Seats {
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Answers a function that frees the seat again. @throws `connect` when none is free in time. */
  async take({ who, host, user }: Seat, waitMs: number): Promise<() => void> {
    const key = keyOf(host, user);
    const taken = this.#taken.get(key) ?? 0;
    if (taken < mostPerUser) this.#taken.set(key, taken + 1);
    else await this.#wait(key, who, waitMs);
    return freeOnce(() => this.#free(key));
  }

  /** The same without waiting. Null: the user has half of the seats already, and the rest may be needed. */
  takeSpare({ host, user }: Pick<Seat, 'host' | 'user'>): (() => void) | null {
    const key = keyOf(host, user);
    const taken = this.#taken.get(key) ?? 0;
    if (taken >= mostPerUser / 2) return null;
    this.#taken.set(key, taken + 1);
    return freeOnce(() => this.#free(key));
  }

  #wait(key: string, who: string, waitMs: number): Promise<void> {
    const queue = this.#waiting.get(key) ?? [];
    this.#waiting.set(key, queue);
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(turn), 1);
        const fact = `${who}: ${mostPerUser} connections of this user are open, and none became free within ${waitMs} ms`;
        reject(
          new MothballError({ fact, notDone: 'no other was opened' }, { code: 'connect', retryable: true }),
        );
      }, waitMs);
      queue.push(turn);
    });
  }

  /** The next in the queue takes the seat over. */
  #free(key: string): void {
    const next = this.#waiting.get(key)?.shift();
    if (next !== undefined) return next();
    const left = (this.#taken.get(key) ?? 1) - 1;
    if (left > 0) return void this.#taken.set(key, left);
    this.#taken.delete(key);
    this.#waiting.delete(key);
  }
}

function keyOf(host: string, user: string): string {
  return JSON.stringify([host.toLowerCase(), user]);
}

/** Calls after the first do nothing. */
export function freeOnce(free: () => void): () => void {
  let freed = false;
  return () => {
    if (!freed) free();
    freed = true;
  };
}
