import { isIP } from 'node:net';
import type { z } from 'zod';
import { errorMessage } from '../errors.ts';
import { isLoopback } from './loopback.ts';
import type { httpSchema } from './schema-http.ts';
import type { Scope } from './scope.ts';
import type { HttpConfig, Listener, TlsFiles } from './settings.ts';
import { readTls } from './tls-files.ts';
import type { Path } from './yaml-source.ts';

type HttpInput = z.output<typeof httpSchema>;

/** Where the daemon listens, and who may see what. */
export function normaliseHttp(scope: Scope, http: HttpInput): HttpConfig {
  const { auth, metrics } = http;
  const listener = listenerOf(scope, ['http'], http.listen, http.tls);
  const token = scope.secret(['http', 'auth'], 'token', {
    file: auth?.tokenFile,
    env: auth?.tokenEnv,
    command: auth?.tokenCommand,
  });
  const mailToken = scope.secret(['http', 'auth'], 'mailToken', {
    file: auth?.mailTokenFile,
    env: auth?.mailTokenEnv,
    command: auth?.mailTokenCommand,
  });
  const restoreToken = scope.secret(['http', 'auth'], 'restoreToken', {
    file: auth?.restoreTokenFile,
    env: auth?.restoreTokenEnv,
    command: auth?.restoreTokenCommand,
  });
  if (http.restore && restoreToken === null) {
    scope.report(
      ['http', 'restore'],
      'restore: true needs a token of its own: add restoreTokenFile, restoreTokenEnv or restoreTokenCommand under http.auth',
    );
  }
  if (http.page && token === null && !isLoopback(listener.host)) {
    scope.report(
      ['http', 'listen'],
      'anyone who reaches this address would see the page; add auth, or page: false to serve metrics and probes only',
    );
  }
  if (http.mail && mailToken === null) {
    scope.report(
      ['http', 'mail'],
      'mail: true needs a token of its own: add mailTokenFile, mailTokenEnv or mailTokenCommand under http.auth',
    );
  }
  if (http.owners) checkOwners(scope, http, { listener, token });
  const { mail, restore, owners, page, hosts, trustedProxies } = http;
  for (const [index, proxy] of trustedProxies.entries())
    if (!isNetwork(proxy))
      scope.report(['http', 'trustedProxies', index], 'must be an address, or a network such as 10.0.0.0/8');
  const own = { listener: metricsListener(scope, http), token: metricsToken(scope, metrics) };
  return {
    ...listener,
    token,
    mail,
    mailToken,
    restore,
    restoreToken,
    owners,
    page,
    hosts,
    trustedProxies,
    metrics: own,
  };
}

/** Owners come from anywhere, with passwords. */
function checkOwners(
  scope: Scope,
  { page, trustedProxies, metrics }: HttpInput,
  { listener, token }: { readonly listener: Listener; readonly token: HttpConfig['token'] },
): void {
  const path = ['http', 'owners'];
  if (!page) scope.report(path, 'owners: true needs page: true');
  if (token === null)
    scope.report(
      path,
      'owners: true lets others than admins reach this address, so the page itself needs a token: add http.auth',
    );
  if (metrics?.listen === undefined && metrics?.auth === undefined)
    scope.report(
      path,
      'owners: true lets others than admins reach this address, and /metrics names accounts and folders: add http.metrics.listen or http.metrics.auth',
    );
  if (listener.tls === null && !isLoopback(listener.host) && trustedProxies.length === 0)
    scope.report(
      path,
      'owners: true takes passwords, which must not travel in the clear: add tls, or name the proxy that ends TLS in trustedProxies',
    );
}

function metricsListener(scope: Scope, { listen, metrics }: HttpInput): Listener | null {
  const path = ['http', 'metrics'];
  if (metrics?.listen === undefined) {
    if (metrics?.tls !== undefined)
      scope.report([...path, 'tls'], 'needs a listener of its own: add listen, or use http.tls', 'key');
    return null;
  }
  if (metrics.listen === listen)
    scope.report([...path, 'listen'], 'must differ from http.listen; leave it out to serve metrics there');
  return listenerOf(scope, path, metrics.listen, metrics.tls);
}

function metricsToken(scope: Scope, metrics: HttpInput['metrics']): HttpConfig['token'] {
  return scope.secret(['http', 'metrics', 'auth'], 'token', {
    file: metrics?.auth?.tokenFile,
    env: metrics?.auth?.tokenEnv,
    command: metrics?.auth?.tokenCommand,
  });
}

function listenerOf(
  scope: Scope,
  path: Path,
  listen: string,
  tls: { readonly certFile: string; readonly keyFile: string } | undefined,
): Listener {
  const [, host = '', digits] = /^(.*):(\d+)$/.exec(listen) ?? [];
  const port = Number(digits);
  if (port > 65_535) scope.report([...path, 'listen'], 'a port is at most 65535');
  const files =
    tls === undefined ? null : { certFile: scope.resolve(tls.certFile), keyFile: scope.resolve(tls.keyFile) };
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port, tls: files };
}

function isNetwork(text: string): boolean {
  const [address = '', bits] = text.split('/');
  const version = isIP(address);
  return version !== 0 && (bits === undefined || Number(bits) <= (version === 4 ? 32 : 128));
}

/** The files that listeners read. */
export function tlsFilesOf(http: HttpConfig | null): readonly string[] {
  return tlsOf(http).flatMap(({ files }) => [files.certFile, files.keyFile]);
}

/** Reports certificates and keys that could not be used now. */
export async function checkTlsFiles(scope: Scope, http: HttpConfig | null): Promise<void> {
  for (const { path, files } of tlsOf(http)) {
    try {
      await readTls(files);
    } catch (error) {
      scope.report(path, errorMessage(error), 'key');
    }
  }
}

function tlsOf(http: HttpConfig | null): readonly { readonly path: Path; readonly files: TlsFiles }[] {
  const pairs = [
    { path: ['http', 'tls'], files: http?.tls ?? null },
    { path: ['http', 'metrics', 'tls'], files: http?.metrics.listener?.tls ?? null },
  ];
  return pairs.flatMap(({ path, files }) => (files === null ? [] : [{ path, files }]));
}
