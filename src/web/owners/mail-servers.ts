import PQueue from 'p-queue';
import type { OwnerLogin } from '../../ports/owner-logins.ts';

/** Passwords that one mail server checks at once: a server that is dead holds up its own owners only. */
const mostChecks = 3;
/** Tries that wait for one mail server; memory, and no more than are checked before they are too late. */
const mostWaiting = 32;
/** How long someone waits for a verdict, in milliseconds; a browser's patience. */
const patienceMs = 15_000;
/**
 * Refusals within the window, of all owners together. To a mail server they all come from Mothball's address,
 * which fail2ban and the like would ban, and the archiving with it.
 */
const mostRefusals = 20;
const windowMs = 60_000;
/** How long a server that could not be asked counts as down, in milliseconds. */
const downMs = 60_000;
const busySeconds = 5;

interface Known {
  readonly queue: PQueue;
  waiting: number;
  refusals: number;
  since: number;
  /** When it could not be asked, and how long that took; null: it could. */
  down: { readonly at: number; readonly tookMs: number } | null;
}

/** What the mail servers are asked, by server, and how often. */
export class MailServers {
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Seconds until it may be asked; 0: now. */
  waitSeconds(server: string): number {
    const { waiting, refusals, since } = this.#of(server);
    if (refusals >= mostRefusals) return Math.max(1, Math.ceil((since + windowMs - this.#now()) / 1_000));
    return waiting >= mostWaiting ? busySeconds : 0;
  }

  /** Milliseconds in which an unknown name is told that the server can't be asked, as a known one is; null: it can. */
  downMs(server: string): number | null {
    const { down } = this.#of(server);
    return down === null || this.#now() - down.at >= downMs ? null : down.tookMs;
  }

  /** Runs the task while it counts as one that waits for this server. */
  async hold<T>(server: string, task: () => Promise<T>): Promise<T> {
    const known = this.#of(server);
    known.waiting += 1;
    try {
      return await task();
    } finally {
      known.waiting -= 1;
    }
  }

  /** One check, when it is its turn; `unavailable` when it takes too long. */
  async check(server: string, ask: () => Promise<OwnerLogin>): Promise<OwnerLogin> {
    const known = this.#of(server);
    const began = performance.now();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), patienceMs);
    const patience = new Promise<OwnerLogin>((resolve) =>
      late.signal.addEventListener('abort', () => resolve('unavailable'), { once: true }),
    );
    // Keeps its place until the server has answered, also when nobody waits for it any more.
    const verdict = known.queue.add(async () => (late.signal.aborted ? 'unavailable' : await ask()));
    try {
      const answer = await Promise.race([verdict, patience]);
      this.#note(known, answer, Math.round(performance.now() - began));
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }

  #note(known: Known, answer: OwnerLogin, tookMs: number): void {
    known.down = answer === 'unavailable' ? { at: this.#now(), tookMs } : null;
    if (answer === 'refused') known.refusals += 1;
  }

  #of(server: string): Known {
    const now = this.#now();
    const queue = (): PQueue => new PQueue({ concurrency: mostChecks });
    const known = this.#known.get(server) ?? {
      queue: queue(),
      waiting: 0,
      refusals: 0,
      since: now,
      down: null,
    };
    this.#known.set(server, known);
    if (now - known.since >= windowMs) {
      known.since = now;
      known.refusals = 0;
    }
    return known;
  }
}
