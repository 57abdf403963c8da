import { setTimeout as sleep } from 'node:timers/promises';
import type { ImapFlowOptions } from 'imapflow';
import type { AccountConfig, ServerConfig } from '../config/config.ts';
import { errorFact, isError, MothballError } from '../errors.ts';
import type { Permit } from '../ports/locks.ts';
import type { LogFields } from '../ports/log.ts';
import type { AccessTokens } from '../ports/tokens.ts';
import { type LoginSecrets, loginSecrets, tokenAdvice } from './login-secrets.ts';
import { type Greeted, readFeatures } from './capabilities.ts';
import { GuardedClient } from './guarded-client.ts';
import { connectError, errorField } from './imap-errors.ts';
import { tlsOptions } from './server-tls.ts';
import { Wire } from './wire.ts';

/** Called with what is worth knowing; never a secret. */
export type ImapLog = (message: string, fields: LogFields) => void;

interface ConnectHooks {
  readonly log?: ImapLog;
  /** Ends the waiting between attempts. */
  readonly signal?: AbortSignal;
  readonly tokens?: AccessTokens;
  readonly permit?: Permit | null;
}

/** A connection that has logged in, and what its server said of itself. */
export interface OpenWire extends Greeted {
  readonly wire: Wire;
}

/** First pause between attempts; it doubles, with jitter, up to the second. */
const firstPauseMs = 500;
const longestPauseMs = 30_000;
/** imapflow would drop a session that is merely idle; the deadlines are ours. */
const neverMs = 24 * 3600 * 1000;
/** A literal beyond this, where a small message was announced, ends the connection. */
const maxLiteralBytes = 64 * 1024 * 1024;
const maxTokens = 5_000_000;

/**
 * Connects and logs in; connection failures are tried again with growing pauses, a refused login
 * never. @throws `auth`, `connect`, `refused`.
 */
export async function openWire(
  server: ServerConfig,
  account: AccountConfig,
  hooks: ConnectHooks,
): Promise<OpenWire> {
  const { log, signal } = hooks;
  const attempts = Math.max(1, server.connectAttempts);
  for (let attempt = 1; ; attempt++) {
    try {
      return await connectOnce(server, account, hooks);
    } catch (error) {
      const again = isError(error) && error.retryable;
      if (attempt >= attempts || !again || signal?.aborted === true) throw error;
      const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
      log?.(`connecting failed, attempt ${attempt} of ${attempts}: ${errorFact(error)}; trying again`, {
        server: server.name,
        account: account.account,
        code: error.code,
      });
      await sleep(pause * (0.5 + Math.random() / 2), undefined, signal === undefined ? {} : { signal }).catch(
        () => undefined,
      );
    }
  }
}

/**
 * One login; with an access token that is refused, a second one with the token as it is then: it may
 * have ended or been renewed since it was read.
 */
async function connectOnce(
  server: ServerConfig,
  account: AccountConfig,
  { tokens = null, permit = null }: Pick<ConnectHooks, 'permit'> & { readonly tokens?: AccessTokens | null },
): Promise<OpenWire> {
  const credentials = await loginSecrets(account, tokens, null);
  try {
    return await logIn(server, account, { auth: credentials, permit });
  } catch (error) {
    const { accessToken: used } = credentials;
    if (used === undefined || !isError(error, 'auth')) throw error;
    const renewed = await loginSecrets(account, tokens, used);
    if (renewed.accessToken === used) throw error;
    return await logIn(server, account, { auth: renewed, permit });
  }
}

async function logIn(
  server: ServerConfig,
  account: AccountConfig,
  { auth, permit }: { readonly auth: LoginSecrets; readonly permit: Permit | null },
): Promise<OpenWire> {
  const who = `${account.server}/${account.account}`;
  const place = `${server.host}:${server.port}`;
  const plainOnly = account.auth.type === 'master' && account.auth.style === 'authzid';
  let wire: Wire | null = null;
  const options: ImapFlowOptions = {
    host: server.host,
    port: server.port,
    secure: server.tls === 'implicit',
    doSTARTTLS: server.tls === 'implicit' ? undefined : server.tls === 'starttls',
    tls: await tlsOptions(who, server),
    auth,
    disableAutoEnable: true,
    disableAutoIdle: true,
    disableIMAP4rev2: true,
    disableCompression: true,
    connectionTimeout: server.connectTimeoutMs,
    greetingTimeout: server.connectTimeoutMs,
    socketTimeout: neverMs,
    maxLiteralSize: maxLiteralBytes,
    maxResponseTokens: maxTokens,
    logger: quietLogger(() => wire?.noteUnparsed()),
  };
  const { fingerprints } = server;
  const client = new GuardedClient(options, {
    who,
    requireTls: server.tls !== 'none',
    plainOnly,
    fingerprints,
    permit,
    plainResponse: plainResponse(auth),
  });
  wire = new Wire(who, client, server.commandTimeoutMs);
  try {
    await within(client.connect(), server.connectTimeoutMs * 3, who, place);
    if (client.refusal !== null) throw client.refusal;
    return { wire, ...(await readFeatures(wire)) };
  } catch (error) {
    wire.close();
    throw client.refusal ?? connectError(who, place, error, tokenAdvice(account));
  }
}

/** imapflow bounds connect and greeting, not the commands up to the login. */
async function within(task: Promise<void>, milliseconds: number, who: string, place: string): Promise<void> {
  const stop = new AbortController();
  task.catch(() => undefined);
  const late = sleep(milliseconds, undefined, { signal: stop.signal }).then(() => {
    throw new MothballError(
      {
        fact: `${who}: ${place} did not finish the login within ${milliseconds} ms`,
        notDone: 'nothing was done',
      },
      {
        code: 'timeout',
        retryable: true,
      },
    );
  });
  try {
    await Promise.race([task, late]);
  } finally {
    stop.abort();
    late.catch(() => undefined);
  }
}

/** For SASL PLAIN (RFC 4616); null: a token is used. */
function plainResponse({ user, pass, authzid }: LoginSecrets): (() => string) | null {
  if (pass === undefined) return null;
  return () => Buffer.from([authzid ?? '', user, pass].join('\0')).toString('base64');
}

/** Takes no lines (they hold mail and names), only the news that a line could not be parsed. */
function quietLogger(unparsed: () => void): NonNullable<ImapFlowOptions['logger']> {
  const nothing = (): void => undefined;
  const error = (entry: unknown): void => {
    if (typeof entry !== 'object' || entry === null || !Reflect.has(entry, 'payloadBytes')) return;
    // A status line is only for people; anything else may have been what the command asked for.
    if (!/^\0*\* (?:OK|NO|BAD) /i.test(errorField(entry, 'msg'))) unparsed();
  };
  const logger = { debug: nothing, info: nothing, warn: nothing, error, isLevelEnabled: () => false };
  return logger;
}
