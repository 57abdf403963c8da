/**
 * `web/`: the page, the API, `/metrics` and the probes over HTTP. `server.ts` puts them together,
 * `access.ts` decides who may see what, `pages/` and `api/` answer, and `mail-desk.ts` alone gives out
 * archived mail, after an entry in the audit. It only reads.
 * May import `watch`, `read`, `documents` and what is below the rooms; `charts/` alone knows d3,
 * `mail/` postal-mime.
 */
import fastify, { type FastifyInstance } from 'fastify';
import { errorMessage, MothballError } from '../errors.ts';
import { Access } from './access.ts';
import { apiRoutes } from './api/routes.ts';
import { HttpFault, httpFaultOf } from './fault.ts';
import { type Health, healthRoutes } from './health-routes.ts';
import { isLocalHost, namesThisMachine } from './host-check.ts';
import { MailDesk } from './mail-desk.ts';
import { metricsRoute, type MetricsSource } from './metrics-route.ts';
import { pageRoutes } from './pages/routes.ts';
import { securityHeaders } from './security-headers.ts';
import { closed, type WebSource } from './source.ts';

export interface WebOptions {
  /** Address to listen on; the configuration decides which are allowed. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly metrics: MetricsSource;
  readonly health: Health;
  /** What the page and the API show, fetched at each request; without it only metrics and probes are served. */
  readonly source?: () => WebSource;
  /** Logs requests that failed by our own fault, and addresses that are refused for a while. */
  readonly log: (line: string) => void;
}

export interface WebServer {
  readonly port: number;
  /** Takes no new requests, waits for those under way up to two seconds, then cuts them. */
  close(): Promise<void>;
}

/** Requests need no body: this is the limit for one that is sent anyway. */
const maxBodyBytes = 1024;
const maxHeaderBytes = 16 * 1024;
const requestTimeoutMs = 30_000;
const maxConnections = 256;
const closeMs = 2_000;
/** The longest part of a path, in characters: an account's name. */
const longestPart = 1000;

/** Starts the web server. @throws `connect` when it can't listen there. */
export async function startWeb(options: WebOptions): Promise<WebServer> {
  const { host, port, source, log } = options;
  const server = fastify({
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: 'idle',
    http: { maxHeaderSize: maxHeaderBytes },
    routerOptions: { maxParamLength: longestPart },
  });
  server.server.maxConnections = maxConnections;
  securityHeaders(server);
  answers(server, log);
  const settings = () => source?.().config.http ?? closed;
  const local = isLocalHost(host);
  const access = new Access(settings, local, log, () => source?.().clock.now().getTime() ?? 0);
  if (local) refuseStrangeHosts(server, access);
  healthRoutes(server, options.health);
  metricsRoute(server, options.metrics);
  if (source !== undefined) {
    const parts = { source, access, desk: new MailDesk(source), log };
    await server.register(async (scope) => pageRoutes(scope, parts));
    await server.register(async (scope) => apiRoutes(scope, parts), { prefix: '/api/v1' });
  }
  try {
    await server.listen({ host, port });
  } catch (error) {
    await server.close();
    throw new MothballError(
      {
        fact: `can't listen on ${host}:${port} (${errorMessage(error)})`,
        notDone: 'nothing is served',
        remedy: 'Stop what listens there, or change http.listen',
      },
      { code: 'connect', cause: error },
    );
  }
  const address = server.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => close(server),
  };
}

/** Errors that reveal nothing to a stranger. */
function answers(server: FastifyInstance, log: (line: string) => void): void {
  server.setNotFoundHandler((_request, reply) => reply.code(404).type('text/plain').send('not found\n'));
  server.setErrorHandler((error, request, reply) => {
    const { fault, isPublic } = httpFaultOf(error);
    if (!isPublic)
      log(`${request.method} ${request.routeOptions.url ?? 'unknown path'} failed: ${errorMessage(error)}`);
    const text = error instanceof HttpFault ? fault.message : isPublic ? 'bad request' : 'internal error';
    return reply.code(fault.statusCode).headers(fault.headers).type('text/plain').send(`${text}\n`);
  });
}

/** Where no token is needed, another page in the user's browser must not read ours under its own name. */
function refuseStrangeHosts(server: FastifyInstance, access: Access): void {
  server.addHook('onRequest', async (request) => {
    if (access.open && !namesThisMachine(request.headers.host))
      throw new HttpFault(
        421,
        'the Host header names another machine; make the proxy send localhost, or set http.auth',
      );
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
