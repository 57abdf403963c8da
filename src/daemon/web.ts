import { isDeepStrictEqual } from 'node:util';
import { type App, openWeb } from '../compose.ts';
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

/** The web server, moved when the configuration moves it. */
export class Web {
  readonly #metrics: Metrics;
  readonly #condition: Condition;
  readonly #source: () => App;
  readonly #log: Log;
  #http: Config['http'] = null;
  #server: Awaited<ReturnType<typeof openWeb>> | null = null;

  /** `source` is what the page shows: the configuration in force. */
  constructor(metrics: Metrics, condition: Condition, source: () => App, log: Log) {
    this.#metrics = metrics;
    this.#condition = condition;
    this.#source = source;
    this.#log = log;
  }

  /** Listens on the address of `http`, or nowhere. @throws `connect` when it can't; the previous server continues. */
  async follow({ http }: Pick<Config, 'http'>): Promise<void> {
    if (isDeepStrictEqual(http, this.#http)) return;
    const elsewhere = http?.host !== this.#http?.host || http?.port !== this.#http?.port;
    // The same address is free only after the old server has closed.
    if (!elsewhere) await this.close();
    const next = http === null ? null : await this.#open(http);
    await this.close();
    this.#server = next;
    this.#http = http;
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
    const server = this.#server;
    this.#server = null;
    this.#http = null;
    await server?.close();
  }

  async #open(http: NonNullable<Config['http']>): ReturnType<typeof openWeb> {
    const server = await openWeb(http, {
      metrics: this.#metrics,
      source: this.#source,
      health: { dead: () => this.#condition.dead, unready: () => this.#condition.unready },
      log: (line) => this.#log.error(line),
    });
    this.#log.info('web server listens', { host: http.host, port: server.port });
    return server;
  }
}
