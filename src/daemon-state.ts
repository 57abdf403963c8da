import type { Clock } from './ports/clock.ts';
import type { AccountRef } from './ports/mail.ts';

/** What a daemon is doing now. `scrub` and `expire` are about stores, not accounts. */
export interface ActiveJob {
  readonly kind: 'run' | 'scan' | 'scrub' | 'expire';
  readonly server: string | null;
  readonly account: string | null;
  readonly since: Date;
}

/** Work on an account that is put off. */
export interface Postponed extends AccountRef {
  readonly reason: string;
  readonly until: Date;
}

/** How the configuration was last loaded. */
export interface LastReload {
  readonly ok: boolean;
  readonly at: Date;
  /** `file:line:column: what`; the configuration before stays in force. */
  readonly problems: readonly string[];
}

/** What a daemon tells of itself through the catalog. Instants are ISO 8601 in its JSON. */
export interface DaemonState {
  readonly jobs: readonly ActiveJob[];
  readonly waiting: number;
  readonly postponed: readonly Postponed[];
  readonly reload: LastReload;
  readonly stopping: boolean;
}

/** Keeps account of what the daemon does, for `status` and the page. */
export class Activity {
  readonly #clock: Clock;
  readonly #jobs = new Set<ActiveJob>();
  readonly #postponed = new Map<string, Postponed>();
  #reload: LastReload;
  #stopping = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#reload = { ok: true, at: clock.now(), problems: [] };
  }

  /** A job begins; it ends when what is returned is disposed. */
  begin(kind: ActiveJob['kind'], ref: AccountRef | null): Disposable {
    const { server, account } = ref ?? { server: null, account: null };
    const job: ActiveJob = { kind, server, account, since: this.#clock.now() };
    this.#jobs.add(job);
    return { [Symbol.dispose]: () => void this.#jobs.delete(job) };
  }

  postponed({ server, account }: AccountRef, reason: string, until: Date): void {
    this.#postponed.set(`${server}\0${account}`, { server, account, reason, until });
  }

  /** The account is no longer put off. */
  resumed({ server, account }: AccountRef): void {
    this.#postponed.delete(`${server}\0${account}`);
  }

  reloaded(ok: boolean, problems: readonly string[]): void {
    this.#reload = { ok, at: this.#clock.now(), problems };
  }

  stopping(): void {
    this.#stopping = true;
  }

  state(waiting: number): DaemonState {
    return {
      jobs: [...this.#jobs],
      waiting,
      postponed: [...this.#postponed.values()],
      reload: this.#reload,
      stopping: this.#stopping,
    };
  }
}
