import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { errorMessage, MothballError } from '../errors.ts';
import { healthRoutes, type Health } from './health-routes.ts';
import { metricsRoute, type MetricsSource } from './metrics-route.ts';

export interface WebOptions {
  /** Address to listen on; the configuration decides which are allowed. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly metrics: MetricsSource;
  readonly health: Health;
  /** Told of requests that failed by our own fault. */
  readonly log: (line: string) => void;
}

export interface WebServer {
  readonly port: number;
  /** Takes no new requests, waits for those under way up to two seconds, then cuts them. */
  close(): Promise<void>;
}

const maxBodyBytes = 64 * 1024;
const maxHeaderBytes = 16 * 1024;
const requestTimeoutMs = 30_000;
const maxConnections = 256;
const closeMs = 2_000;

/** Nothing here is a document of its own, to be framed, cached or taken for another type. */
const headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** Starts the web server. @throws `connect` when it can't listen there. */
export async function startWeb(options: WebOptions): Promise<WebServer> {
  const { host, port } = options;
  const server = fastify({
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: 'idle',
    http: { maxHeaderSize: maxHeaderBytes },
  });
  server.server.maxConnections = maxConnections;
  secure(server, options.log);
  healthRoutes(server, options.health);
  metricsRoute(server, options.metrics);
  try {
    await server.listen({ host, port });
  } catch (error) {
    await server.close();
    throw new MothballError(
      `can't listen on ${host}:${port} (${errorMessage(error)}). Nothing is served. Stop what listens there or change http.listen.`,
      { code: 'connect', cause: error },
    );
  }
  const address = server.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => close(server),
  };
}

/** Headers of every reply, and errors that tell a stranger nothing. */
function secure(server: FastifyInstance, log: (line: string) => void): void {
  server.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(headers);
    done();
  });
  server.setNotFoundHandler((_request, reply) => reply.code(404).type('text/plain').send('not found\n'));
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const code = error.statusCode ?? 500;
    if (code < 500) return reply.code(code).type('text/plain').send('bad request\n');
    log(`${request.method} ${request.routeOptions.url ?? 'unknown path'} failed: ${errorMessage(error)}`);
    return reply.code(500).type('text/plain').send('internal error\n');
  });
}

async function close(server: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => server.server.closeAllConnections(), closeMs);
  try {
    await server.close();
  } finally {
    clearTimeout(cut);
  }
}
