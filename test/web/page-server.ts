/** The web server in this process, on a real configuration and a real catalog without mail. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type App, compose } from '../../src/compose.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { WebSource } from '../../src/web/source.ts';
import { startWeb, type WebServer } from '../../src/web/server.ts';
import { noSecrets } from '../config/files.ts';

export const token = 'the-status-token';
export const mailToken = 'the-mail-token';
export const restoreToken = 'the-restore-token';
export const withTokens = {
  auth: { tokenFile: './token', mailTokenFile: './mail-token' },
  mail: true,
} as const;

export interface TestSite {
  readonly dir: string;
  readonly app: App;
  readonly web: WebServer;
  /** Lines that the server logged. */
  readonly log: string[];
  /** Replaces the configuration, as a reload does; the server keeps listening where it is. */
  reload(http: object): Promise<void>;
  get(path: string, authorization?: string, more?: RequestInit): Promise<Response>;
}

/**
 * `host`: where it listens, whatever the configuration says; `prepare` gets its directory first, and may
 * add to the configuration; `daemon` is what a daemon adds to the source.
 */
export async function openSite(
  t: TestContext,
  http: object,
  host = '127.0.0.1',
  prepare: (dir: string) => object | void = () => undefined,
  daemon: Partial<WebSource> & { readonly refusalMs?: number } = {},
): Promise<TestSite> {
  const dir = await mkdtemp(join(tmpdir(), 'mothball-web-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await writeSecret(dir, 'token', token);
  await writeSecret(dir, 'mail-token', mailToken);
  await writeSecret(dir, 'restore-token', restoreToken);
  await writeSecret(dir, 'password', 'secret');
  const added = prepare(dir) ?? {};
  const progress = { begin() {}, advance() {}, end() {}, note() {} };
  const signal = new AbortController().signal;
  const clock = { now: () => new Date() };
  const open = async (changes: object): Promise<App> => {
    const file = join(dir, 'mothball.yaml');
    await writeFile(file, JSON.stringify({ ...configuration(changes), ...added }));
    const app = await compose(await loadConfig(file, noSecrets), {
      database: 'create',
      progress,
      signal,
      clock,
    });
    t.after(() => app[Symbol.asyncDispose]());
    return app;
  };
  const current = { app: await open(http) };
  const log: string[] = [];
  const web = await startWeb({
    host,
    port: 0,
    metrics: { contentType: 'text/plain', text: noMetrics },
    health: { dead: () => null, unready: () => null },
    source: () => ({ ...current.app, ...daemon }),
    log: (line) => log.push(line),
    refusalMs: daemon.refusalMs ?? 0,
    trustedProxies: current.app.config.http?.trustedProxies ?? [],
  });
  t.after(() => web.close());
  return {
    dir,
    app: current.app,
    web,
    log,
    async reload(changes) {
      current.app = await open(changes);
    },
    get: (path, authorization, init = {}) =>
      fetch(`http://127.0.0.1:${web.port}${path}`, {
        ...init,
        headers: authorization === undefined ? {} : { authorization },
      }),
  };
}

async function* noMetrics(): AsyncGenerator<string> {
  yield 'up 1\n';
}

function configuration(http: object): object {
  return {
    version: 1,
    servers: { main: { host: '127.0.0.1', port: 1, tls: 'none' } },
    accounts: [{ user: 'alice@example.com', server: 'main', passwordFile: './password' }],
    database: 'sqlite:./mothball.db',
    http: { listen: '127.0.0.1:0', ...http },
  };
}

export async function writeSecret(dir: string, name: string, value: string): Promise<void> {
  const path = join(dir, name);
  await writeFile(path, `${value}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
}

export function bearer(value: string): string {
  return `Bearer ${value}`;
}

/** What a browser sends after it asked its user. */
export function basic(value: string, user = 'anyone'): string {
  return `Basic ${Buffer.from(`${user}:${value}`).toString('base64')}`;
}
