import { isDeepStrictEqual } from 'node:util';
import { type Listener, openWeb, renewWeb } from '../compose.ts';
import type { Config } from '../config/config.ts';
import { errorMessage } from '../errors.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Log } from '../ports/log.ts';

/** Why the daemon can't work, for the probes; null: it can. */
export interface Condition {
  /** A fault that only a restart fixes. */
  dead: string | null;
  unready: string | null;
}

type Parts = Parameters<typeof openWeb>[1];
type Source = NonNullable<Parts['source']>;
type Server = Awaited<ReturnType<typeof openWeb>>;

interface Open {
  readonly listener: Listener;
  /** What else it was opened with. */
  readonly asked: unknown;
  readonly server: Server;
}

/** The web servers: one for the page, one for metrics and probes, or one for all; moved as the configuration says. */
export class Web {
  readonly #metrics: Metrics;
  readonly #condition: Condition;
  readonly #log: Log;
  #source: Source = () => null;
  #http: Config['http'] = null;
  readonly #open = new Map<'page' | 'metrics', Open>();

  constructor(metrics: Metrics, condition: Condition, log: Log) {
    this.#metrics = metrics;
    this.#condition = condition;
    this.#log = log;
  }

  /** What the page shows from now on; until then it answers that the daemon is starting. */
  show(source: Source): void {
    this.#source = source;
  }

  /** Listens where `http` says, or nowhere. @throws `connect` when it can't; the previous servers continue. */
  async follow({ http }: Pick<Config, 'http'>): Promise<void> {
    const before = this.#http;
    // Tokens are read through this at each request.
    this.#http = http;
    try {
      const own = http?.metrics.listener ?? null;
      const served = http !== null && (http.page || own === null) ? http : null;
      await this.#serve('page', served, own === null);
      await this.#serve('metrics', own, true);
    } catch (error) {
      this.#http = before;
      throw error;
    }
  }

  /** The same on a reload, where a server that can't move must not stop the daemon. */
  async move(config: Pick<Config, 'http'>): Promise<void> {
    try {
      await this.follow(config);
    } catch (error) {
      this.#log.error(`the web server was left unchanged: ${errorMessage(error)}`);
    }
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map(({ server }) => server.close()));
  }

  async #serve(name: 'page' | 'metrics', listener: Listener | null, probes: boolean): Promise<void> {
    const before = this.#open.get(name);
    if (listener === null) {
      this.#open.delete(name);
      return await before?.server.close();
    }
    const asked = {
      probes,
      hosts: this.#http?.hosts,
      trustedProxies: this.#http?.trustedProxies,
      ...placeOf(listener),
    };
    if (before !== undefined && isDeepStrictEqual(before.asked, asked))
      return await renewWeb(before.server, listener);
    // The same address is free only after the old server has closed.
    if (before?.listener.host === listener.host && before.listener.port === listener.port) {
      this.#open.delete(name);
      await before.server.close();
    }
    const server = await openWeb(listener, this.#parts(name, probes));
    if (this.#open.get(name) === before) await before?.server.close();
    this.#open.set(name, { listener, asked, server });
    const what = name === 'page' ? 'web server listens' : 'metrics server listens';
    this.#log.info(what, { host: listener.host, port: server.port, tls: listener.tls !== null });
  }

  #parts(name: 'page' | 'metrics', probes: boolean): Parts {
    const metrics = this.#metrics;
    const condition = this.#condition;
    const health = { dead: () => condition.dead, unready: () => condition.unready };
    return {
      ...(probes ? { metrics, health, metricsToken: () => this.#http?.metrics.token ?? null } : {}),
      ...(name === 'page' ? { source: () => this.#source() } : {}),
      hosts: this.#http?.hosts ?? [],
      trustedProxies: this.#http?.trustedProxies ?? [],
      log: (line) => this.#log.error(line),
      loginFailed: () => metrics.loginFailed(),
      ownerSignIn: (result) => metrics.owners.signIn(result),
    };
  }
}

function placeOf({ host, port, tls }: Listener): Listener {
  return { host, port, tls };
}
