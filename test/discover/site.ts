import { createServer, Agent, type AgentOptions } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { LookupFunction } from 'node:net';
import { once } from 'node:events';
import { connect } from 'node:tls';
import type { PageOptions } from '../../src/discover/web.ts';
import { selfSigned } from '../servers/certificate.ts';

/** What a page answers: a body, a redirect, or whatever the function does. */
export type Page = string | { readonly location: string } | ((response: ServerResponse) => void);

export interface Site {
  readonly asked: readonly string[];
  readonly port: number;
  readonly web: PageOptions;
  stop(): Promise<void>;
}

/**
 * The world's web servers, all on one port of loopback: `addresses` says what a name's address is
 * (default: a public one), and the connection goes here instead.
 */
export async function startSite(
  pages: Readonly<Record<string, Page>>,
  addresses: Readonly<Record<string, string>> = {},
): Promise<Site> {
  const { cert, key } = selfSigned('web.test');
  const asked: string[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    const url = `https://${request.headers.host}${request.url}`;
    asked.push(url);
    const page = pages[url.split('?')[0] ?? ''];
    if (page === undefined) response.writeHead(404).end();
    else if (typeof page === 'string') response.writeHead(200).end(page);
    else if (typeof page === 'function') page(response);
    else response.writeHead(302, page).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const lookup: LookupFunction = (host, _options, found) =>
    found(null, addresses[host] ?? '93.184.215.14', 4);
  return {
    asked,
    port: address.port,
    web: { lookup, agent: new Elsewhere(address.port, cert) },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Looks the name up as it is asked to, and connects to the port of the test. */
class Elsewhere extends Agent {
  readonly #port: number;
  readonly #cert: string;

  constructor(port: number, cert: string) {
    super({ keepAlive: false });
    this.#port = port;
    this.#cert = cert;
  }

  override createConnection(
    options: AgentOptions & { readonly host?: string },
    done?: (error: Error | null, stream: ReturnType<typeof connect>) => void,
  ): ReturnType<typeof connect> | undefined {
    const socket = (): ReturnType<typeof connect> =>
      connect({ port: this.#port, host: '127.0.0.1', ca: this.#cert, checkServerIdentity: () => undefined });
    const host = options.host ?? '';
    const lookup: LookupFunction | undefined = Reflect.get(options, 'lookup');
    if (lookup === undefined || /^[\d.]+$|:/.test(host)) return socket();
    lookup(host, {}, (error) =>
      error === null ? done?.(null, socket()) : done?.(error, socket().destroy()),
    );
    return undefined;
  }
}
