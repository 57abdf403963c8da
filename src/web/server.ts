/**
 * `web/`: the page, the API, `/metrics` and the probes over HTTP. `server.ts` puts them together,
 * `access.ts` decides which admin may see what, `pages/` and `api/` answer, and `mail-desk.ts` gives out
 * archived mail, after an entry in the audit. `owner-door.ts` lets owners of mailboxes in, `owners/` answers
 * them, and `own-mail.ts` gives each their own mail alone. It only reads; what a restore needs is handed in.
 * May import `watch`, `read`, `documents` and what is below the rooms; `charts/` alone knows d3,
 * `mail/` postal-mime.
 */
import fastify, { type FastifyInstance } from 'fastify';
import { errorMessage, MothballError } from '../errors.ts';
import { Access, type AccessSettings } from './access.ts';
import { apiRoutes } from './api/routes.ts';
import { HttpFault, httpFaultOf } from './fault.ts';
import { limitGuests } from './guests.ts';
import { type Health, healthRoutes } from './health-routes.ts';
import { isLocalHost, namesThisMachine } from './host-check.ts';
import { listenerFor, type TlsPair } from './listener.ts';
import { MailDesk } from './mail-desk.ts';
import { metricsRoute, type MetricsSource } from './metrics-route.ts';
import { OwnerDoor, type SignInResult } from './owner-door.ts';
import { ownerRoutes } from './owners/routes.ts';
import { missingPage, pageRoutes } from './pages/routes.ts';
import { securityHeaders } from './security-headers.ts';
import { closed, type WebSource } from './source.ts';
import type { TokenSource } from './token-check.ts';

export interface WebOptions {
  /** Address to listen on; the configuration decides which are allowed. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** PEM of certificate and key; left out: plain HTTP. */
  readonly tls?: TlsPair | null;
  /** Left out: neither metrics nor probes are served here. */
  readonly metrics?: MetricsSource;
  readonly health?: Health;
  /** For the metrics, never for the probes; null: none is asked for. */
  readonly metricsToken?: () => TokenSource | null;
  /**
   * What the page and the API show, fetched at each request; null while the daemon starts. Without it
   * only metrics and probes are served.
   */
  readonly source?: () => WebSource | null;
  /** Names that a Host header may have on loopback, beside those of this machine. */
  readonly hosts?: readonly string[];
  /** Addresses and networks of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly string[];
  /** Logs requests that failed by our own fault, and addresses that are slowed down for a while. */
  readonly log: (line: string) => void;
  /** Called for each wrong token. */
  readonly loginFailed?: () => void;
  /** Called for each sign-in of an owner of a mailbox. */
  readonly ownerSignIn?: (result: SignInResult) => void;
  /** How long a refused sign-in takes at least, in milliseconds; left out: as usual. */
  readonly refusalMs?: number;
  /** How long a client may take no byte of an answer, in milliseconds; left out: as usual. */
  readonly stuckMs?: number;
  /** How long a connection of a stranger may have no request, in milliseconds; left out: as usual. */
  readonly idleMs?: number;
}

export interface WebServer {
  readonly port: number;
  /** Uses this certificate from now on. @throws when it is not a certificate. */
  renew(tls: TlsPair): void;
  /** Takes no new requests, waits for those under way up to two seconds, then cuts them. */
  close(): Promise<void>;
}

/** Requests need no body: this is the limit for one that is sent anyway. */
const maxBodyBytes = 1024;
const closeMs = 2_000;
/** An answer is in memory until its client takes it. */
const usualStuckMs = 60_000;
const probePaths: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics']);
/** The longest part of a path, in characters: an account's name. */
const longestPart = 1000;

/** Starts the web server. @throws `connect` when it can't listen there. */
export async function startWeb(options: WebOptions): Promise<WebServer> {
  const { host, port, tls = null, trustedProxies = [] } = options;
  const listening = listenerFor(tls);
  const server = fastify({
    bodyLimit: maxBodyBytes,
    forceCloseConnections: 'idle',
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    serverFactory: listening.make,
    routerOptions: { maxParamLength: longestPart },
  });
  securityHeaders(server);
  const { stuckMs = usualStuckMs } = options;
  server.addHook('onSend', async (_request, reply) => void reply.raw.setTimeout(stuckMs));
  answers(server, options);
  // On loopback all of them come from this machine.
  const strangers = (): boolean => !isLocalHost(host) && options.source?.()?.config.http?.owners === true;
  limitGuests(server, { strangers, proxies: trustedProxies, idleMs: options.idleMs });
  if (isLocalHost(host)) refuseStrangeHosts(server, options.hosts ?? []);
  await routes(server, options);
  try {
    await server.listen({ host, port });
  } catch (error) {
    await server.close();
    throw new MothballError(
      {
        fact: `can't listen on ${host}:${port} (${errorMessage(error)})`,
        notDone: 'nothing is served',
        remedy: 'Stop what listens there, or change http.listen or http.metrics.listen',
      },
      { code: 'connect', cause: error },
    );
  }
  const address = server.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    renew: listening.renew,
    close: () => close(server),
  };
}

async function routes(server: FastifyInstance, options: WebOptions): Promise<void> {
  const { host, source, log, metrics, health, loginFailed: failed = () => undefined } = options;
  const local = isLocalHost(host);
  const now = (): number => source?.()?.clock.now().getTime() ?? performance.timeOrigin + performance.now();
  const access = (settings: () => AccessSettings): Access =>
    new Access({ settings, local, log, now, failed });
  if (health !== undefined) healthRoutes(server, health);
  if (metrics !== undefined) {
    const token = (): TokenSource | null => options.metricsToken?.() ?? null;
    const guard = access(() => ({ ...closed, page: true, token: token() }));
    // Without a token everyone may read them, on any address.
    metricsRoute(server, metrics, async (request) => {
      if (token() !== null) await guard.token(request);
    });
  }
  if (source === undefined) return;
  const ready = (): WebSource => {
    const found = source();
    if (found === null) throw new HttpFault(503, 'the daemon is starting');
    return found;
  };
  const parts = {
    source: ready,
    access: access(() => source()?.config.http ?? closed),
    desk: new MailDesk(ready),
    log,
  };
  // Before the pages' own answer to errors, which shows what is not there yet.
  server.addHook('onRequest', async (request, reply) => {
    if (source() !== null || probePaths.has(request.routeOptions.url ?? '')) return;
    return reply.code(503).type('text/plain').send('the daemon is starting\n');
  });
  await server.register(async (scope) => pageRoutes(scope, parts));
  await server.register(async (scope) => apiRoutes(scope, parts), { prefix: '/api/v1' });
  const { ownerSignIn: signedIn = () => undefined, refusalMs } = options;
  const door = new OwnerDoor({ source: ready, log, signedIn, refusalMs }, now);
  const owners = { door, now: () => ready().clock.now(), local, log };
  await server.register(async (scope) => ownerRoutes(scope, owners), { prefix: '/mine' });
}

/** Errors that reveal nothing to a stranger. */
function answers(server: FastifyInstance, { log, source }: WebOptions): void {
  server.setNotFoundHandler(async (request, reply) => {
    const shown = source?.() ?? null;
    const forPeople = request.headers.accept?.includes('text/html') === true;
    if (shown?.config.http?.page === true && forPeople && !request.url.startsWith('/api/'))
      return missingPage(reply, shown);
    return reply.code(404).type('text/plain').send('not found\n');
  });
  server.setErrorHandler((error, request, reply) => {
    const { fault, isPublic } = httpFaultOf(error);
    if (!isPublic)
      log(`${request.method} ${request.routeOptions.url ?? 'unknown path'} failed: ${errorMessage(error)}`);
    const text = error instanceof HttpFault ? fault.message : isPublic ? 'bad request' : 'internal error';
    return reply.code(fault.statusCode).headers(fault.headers).type('text/plain').send(`${text}\n`);
  });
}

/** Another page in a browser on this machine must not read ours under its own name. */
function refuseStrangeHosts(server: FastifyInstance, hosts: readonly string[]): void {
  server.addHook('onRequest', async (request) => {
    if (!namesThisMachine(request.headers.host, hosts))
      throw new HttpFault(
        421,
        'the Host header names another machine; make the proxy send localhost, or add the name to http.hosts',
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
