import PQueue from 'p-queue';
import type { OwnerLogin } from '../../ports/owner-logins.ts';

/** Passwords that one mail server checks at once. Counted by server, so that a dead one holds up only its own owners. */
const mostChecks = 3;
/** Sign-ins that wait for one mail server. More would take memory, and would run out of time before their turn. */
const mostWaiting = 32;
/** How long a sign-in waits for the server's answer, in milliseconds. Browsers wait longer than that. */
const patienceMs = 15_000;
/**
 * Refused passwords of all owners within the window. The mail server sees them all come from Mothball's
 * address. If fail2ban or the like bans it, archiving stops, too.
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
  /** When it last failed to answer, and how long that took. Null if its last answer was a verdict. */
  down: { readonly at: number; readonly tookMs: number } | null;
}

/** Limits how often each mail server is asked to check a password. */
export class MailServers {
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Seconds until the server may be asked. */
  waitSeconds(server: string): number {
    const { waiting, refusals, since } = this.#of(server);
    if (refusals >= mostRefusals) return Math.max(1, Math.ceil((since + windowMs - this.#now()) / 1_000));
    return waiting >= mostWaiting ? busySeconds : 0;
  }

  /**
   * How long the server's last failure to answer took, in milliseconds. Null if it is not down. An unknown name
   * gets the same answer after the same time as an account, so that nobody can tell the two apart.
   */
  downMs(server: string): number | null {
    const { down } = this.#of(server);
    return down === null || this.#now() - down.at >= downMs ? null : down.tookMs;
  }

  /** Runs the task, and counts it as waiting for this server until it has ended. */
  async hold<T>(server: string, task: () => Promise<T>): Promise<T> {
    const known = this.#of(server);
    known.waiting += 1;
    try {
      return await task();
    } finally {
      known.waiting -= 1;
    }
  }

  /** Checks one password when its turn comes. `unavailable` if that takes too long. */
  async check(server: string, ask: () => Promise<OwnerLogin>): Promise<OwnerLogin> {
    const known = this.#of(server);
    const began = performance.now();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), patienceMs);
    const patience = new Promise<OwnerLogin>((resolve) =>
      late.signal.addEventListener('abort', () => resolve('unavailable'), { once: true }),
    );
    // The check keeps its place until the server has answered, even when nobody waits for it any more.
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
