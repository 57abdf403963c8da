import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';

/** PEM of a certificate chain and its key. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

const maxHeaderSize = 16 * 1024;
const requestTimeout = 30_000;
const keepAliveTimeout = 72_000;
const maxConnections = 256;
/** Who has not done the TLS handshake by then holds a connection for nothing; milliseconds. */
const handshakeTimeout = 10_000;

/** Makes the server that listens, with TLS or without, and takes another certificate while it runs. */
export function listenerFor(tls: TlsPair | null): {
  readonly make: (handler: RequestListener) => Server;
  readonly renew: (next: TlsPair) => void;
} {
  const secure = new Set<TlsServer>();
  let pair = tls;
  const limits = { maxHeaderSize, requestTimeout, keepAliveTimeout };
  const open = (handler: RequestListener): Server => {
    if (pair === null) return createServer(limits, handler);
    const server = createTlsServer({ ...limits, ...pair, handshakeTimeout, minVersion: 'TLSv1.2' }, handler);
    secure.add(server);
    return server;
  };
  return {
    make: (handler) => {
      const server = open(handler);
      server.maxConnections = maxConnections;
      return server;
    },
    renew: (next) => {
      pair = next;
      for (const server of secure) server.setSecureContext({ ...next });
    },
  };
}
