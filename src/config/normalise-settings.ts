import type { z } from 'zod';
import { fieldOf, part } from './check.ts';
import { isLoopback } from './normalise-server.ts';
import { daemonSchema, logSchema, scrubSchema } from './schema-daemon.ts';
import { httpSchema, mainSchema, metricsSchema, scanSchema } from './schema-main.ts';
import type { Scope } from './scope.ts';
import type { HttpConfig, Settings } from './settings.ts';

/** The parts of mothball.yaml that only the daemon acts on. */
export function normaliseSettings(scope: Scope): Settings {
  const raw = (key: string): unknown => fieldOf(scope.source.value, key);
  const http = part(httpSchema, raw('http'));
  const scan = part(scanSchema, raw('scan') ?? {}) ?? scanSchema.parse({});
  const scrub = part(scrubSchema, raw('scrub') ?? {}) ?? scrubSchema.parse({});
  const daemon = part(daemonSchema, raw('daemon') ?? {}) ?? daemonSchema.parse({});
  const metrics = part(metricsSchema, raw('metrics'));
  return {
    http: http === undefined ? null : normaliseHttp(scope, http),
    scan: { schedule: scan.schedule, folders: scan.folders === 'off' ? null : scan.folders },
    metrics: { accounts: metrics?.accounts ?? null, folders: metrics?.folders ?? false },
    expire: part(mainSchema.shape.expire, raw('expire')) ?? null,
    scrub: { ...scrub, schedule: scrub.schedule === 'off' ? null : scrub.schedule },
    daemon: { graceMs: daemon.grace, jitterMs: daemon.jitter },
    log: part(logSchema, raw('log') ?? {}) ?? logSchema.parse({}),
  };
}

function normaliseHttp(scope: Scope, http: z.output<typeof httpSchema>): HttpConfig {
  const [, host = '', digits] = /^(.*):(\d+)$/.exec(http.listen) ?? [];
  const port = Number(digits);
  if (port > 65_535) scope.report(['http', 'listen'], 'a port is at most 65535');
  const { auth } = http;
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
  if (http.page && token === null && !isLoopback(host)) {
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
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port, token, mail: http.mail, mailToken, page: http.page };
}
