import { accountKey, type AccountRef } from '../domain/account.ts';
import { errorMessage, isError, MothballError } from '../errors.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Mail, MailSession } from '../ports/mail.ts';

/** Waits between probes of a server that is down; they double up to the second. Milliseconds. */
const firstWaitMs = 5_000;
const longestWaitMs = 60_000;
/** With this number of accounts that can't connect the server is down, if none is known that could before. */
const proof = 3;

interface State {
  /** Accounts that could not connect since one last could. */
  readonly failed: Map<string, AccountRef>;
  /** The account that connected last. */
  good: AccountRef | null;
  asking: boolean;
  down: { readonly since: Date; readonly reason: string; tries: number; timer: NodeJS.Timeout | null } | null;
}

export interface ServerWatchParts {
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * Whether each mail server can be reached, from all logins of the daemon. One account that can't
 * connect is its own problem as long as another can. While a server is down nobody connects to it but
 * one probe, and a change is logged once.
 */
export class ServerWatch {
  readonly #parts: ServerWatchParts;
  readonly #states = new Map<string, State>();
  /** How many accounts of a server are configured. */
  #accounts: ReadonlyMap<string, number> = new Map();
  #mail: Mail | null = null;
  #recovered: (server: string) => void = () => undefined;
  #stopped = false;

  constructor(parts: ServerWatchParts) {
    this.#parts = parts;
  }

  onRecovery(recovered: (server: string) => void): void {
    this.#recovered = recovered;
  }

  /** Takes the accounts of a configuration. What is known of servers that remain is kept. */
  configure(accounts: readonly AccountRef[]): void {
    const groups = Map.groupBy(accounts, ({ server }) => server);
    const known = new Set(accounts.map(accountKey));
    this.#accounts = new Map([...groups].map(([server, refs]) => [server, refs.length]));
    for (const [server, state] of this.#states) {
      if (!groups.has(server)) {
        clearTimeout(state.down?.timer ?? undefined);
        this.#states.delete(server);
        continue;
      }
      if (state.good !== null && !known.has(accountKey(state.good))) state.good = null;
      for (const key of state.failed.keys()) if (!known.has(key)) state.failed.delete(key);
      // Perhaps its address was corrected.
      if (state.down !== null) this.#probeSoon(server, state.down, 0);
    }
  }

  /** Logins through this are observed, and refused while the server is down. */
  mail(mail: Mail): Mail {
    this.#mail = mail;
    return {
      ...mail,
      open: async (ref, attempts, permit) => {
        const refusal = this.refusal(ref.server);
        if (refusal !== null) throw refusal;
        return await this.#observed(mail, ref, attempts, permit);
      },
    };
  }

  /** Why nobody connects to the server now; null: it is not known to be down. */
  refusal(server: string): MothballError | null {
    const down = this.#states.get(server)?.down ?? null;
    if (down === null) return null;
    return new MothballError(
      {
        fact: `server "${server}" has been down since ${down.since.toISOString()} (${down.reason})`,
        notDone: 'nothing was done; its accounts continue as soon as it answers',
      },
      { code: 'connect' },
    );
  }

  stop(): void {
    this.#stopped = true;
    for (const { down } of this.#states.values()) clearTimeout(down?.timer ?? undefined);
  }

  async #observed(mail: Mail, ...[ref, attempts, permit]: Parameters<Mail['open']>): Promise<MailSession> {
    try {
      const session = await mail.open(ref, attempts, permit);
      this.#worked(ref);
      return session;
    } catch (error) {
      if (isError(error, 'connect', 'timeout')) this.#failed(ref, error);
      // A refused login is an answer too. A secret that can't be read was never sent.
      else if (isError(error, 'auth', 'protocol', 'unsupported')) this.#worked(ref);
      throw error;
    }
  }

  #worked({ server, account }: AccountRef): void {
    const state = this.#of(server);
    const { down } = state;
    state.failed.clear();
    state.good = { server, account };
    this.#parts.metrics.serverUp(server, true);
    if (down === null) return;
    state.down = null;
    clearTimeout(down.timer ?? undefined);
    const seconds = Math.round((this.#parts.clock.now().getTime() - down.since.getTime()) / 1000);
    this.#parts.log.info(`server "${server}" is up again after ${seconds} s`, { server, seconds });
    if (!this.#stopped) this.#recovered(server);
  }

  #failed({ server, account }: AccountRef, error: MothballError): void {
    const state = this.#of(server);
    if (state.down !== null) return;
    state.failed.set(accountKey({ server, account }), { server, account });
    const all = this.#accounts.get(server) ?? 1;
    const { good } = state;
    const lost = good !== null && state.failed.has(accountKey(good));
    const needed = lost ? 2 : good === null ? proof : Infinity;
    if (state.failed.size < Math.min(all, needed)) return this.#doubt(state);
    const reason = errorMessage(error);
    const down = { since: this.#parts.clock.now(), reason, tries: 0, timer: null };
    state.down = down;
    this.#parts.metrics.serverUp(server, false);
    this.#parts.log.error(`server "${server}" is down, and its accounts wait: ${reason}`, {
      server,
      code: error.code,
    });
    this.#probeSoon(server, down, firstWaitMs);
  }

  /** Asks with the account that connected last whether it is the server or only the other account. */
  #doubt(state: State): void {
    const { good } = state;
    if (good === null || state.asking || this.#stopped || state.failed.has(accountKey(good))) return;
    state.asking = true;
    void this.#probe(good).finally(() => (state.asking = false));
  }

  #probeSoon(server: string, down: NonNullable<State['down']>, waitMs: number): void {
    clearTimeout(down.timer ?? undefined);
    if (this.#stopped) return;
    down.timer = setTimeout(() => {
      const state = this.#of(server);
      const refs = [...(state.good === null ? [] : [state.good]), ...state.failed.values()];
      const ref = refs[down.tries % refs.length];
      down.tries += 1;
      if (ref === undefined) return;
      void this.#probe(ref).finally(() => {
        const wait = Math.min(longestWaitMs, firstWaitMs * 2 ** down.tries);
        if (state.down === down) this.#probeSoon(server, down, wait);
      });
    }, waitMs);
  }

  /** One connection, past the refusal. Never throws. */
  async #probe(ref: AccountRef): Promise<void> {
    if (this.#mail === null) return;
    try {
      await using _session = await this.#observed(this.#mail, ref, 1);
    } catch (error) {
      this.#parts.log.debug(`a probe failed: ${errorMessage(error)}`, { ...ref });
    }
  }

  #of(server: string): State {
    const known = this.#states.get(server);
    if (known !== undefined) return known;
    const state: State = { failed: new Map(), good: null, asking: false, down: null };
    this.#states.set(server, state);
    return state;
  }
}
