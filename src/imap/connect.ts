import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImapFlowOptions } from 'imapflow';
import type { AccountConfig, Auth, ServerConfig } from '../config/config.ts';
import { errorMessage, isError, MothballError } from '../errors.ts';
import type { Permit } from '../ports/locks.ts';
import type { LogFields } from '../ports/log.ts';
import { GuardedClient } from './guarded-client.ts';
import { clientName } from './identify.ts';
import { connectError, errorField } from './imap-errors.ts';
import { Wire } from './wire.ts';

/** Called with what is worth knowing; never a secret. */
export type ImapLog = (message: string, fields: LogFields) => void;

interface WireHooks {
  readonly log?: ImapLog;
  readonly signal?: AbortSignal;
  readonly permit?: Permit | null;
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
  { log = () => undefined, signal, permit = null }: WireHooks,
): Promise<Wire> {
  const attempts = Math.max(1, server.connectAttempts);
  for (let attempt = 1; ; attempt++) {
    try {
      return await connectOnce(server, account, permit);
    } catch (error) {
      const again = isError(error) && error.retryable;
      if (attempt >= attempts || !again || signal?.aborted === true) throw error;
      const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
      log(`connecting failed, attempt ${attempt} of ${attempts}: ${errorMessage(error)}; trying again`, {
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

async function connectOnce(
  server: ServerConfig,
  account: AccountConfig,
  permit: Permit | null,
): Promise<Wire> {
  const who = `${account.server}/${account.account}`;
  const place = `${server.host}:${server.port}`;
  const ca = server.caFile === null ? null : await readCa(who, server.caFile);
  const { auth } = account;
  const plainOnly = auth.type === 'master' && auth.style === 'authzid';
  let wire: Wire | null = null;
  const options: ImapFlowOptions = {
    host: server.host,
    port: server.port,
    secure: server.tls === 'implicit',
    doSTARTTLS: server.tls === 'implicit' ? undefined : server.tls === 'starttls',
    tls: { rejectUnauthorized: true, ...(ca === null ? {} : { ca }) },
    auth: await credentials(auth),
    clientInfo: { name: clientName },
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
  const client = new GuardedClient(options, { who, requireTls: server.tls !== 'none', plainOnly, permit });
  wire = new Wire(who, client, server.commandTimeoutMs);
  try {
    await within(client.connect(), server.connectTimeoutMs * 3, who, place);
    if (client.refusal !== null) throw client.refusal;
    return wire;
  } catch (error) {
    wire.close();
    throw client.refusal ?? connectError(who, place, error);
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

async function readCa(who: string, file: string): Promise<string> {
  let pem = '';
  try {
    pem = await readFile(file, 'utf8');
  } catch (error) {
    throw new MothballError(
      {
        fact: `${who}: can't read caFile ${file} (${errorField(error, 'code')})`,
        notDone: 'nothing was sent',
      },
      {
        code: 'config',
        cause: error,
      },
    );
  }
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new MothballError(
    { fact: `${who}: caFile ${file} holds no PEM certificate`, notDone: 'nothing was sent' },
    {
      code: 'config',
    },
  );
}

async function credentials(auth: Auth): Promise<NonNullable<ImapFlowOptions['auth']>> {
  switch (auth.type) {
    case 'password':
      return { user: auth.user, pass: await auth.password.read() };
    case 'oauth2':
      return { user: auth.user, accessToken: await auth.token.read() };
    case 'master': {
      const pass = await auth.password.read();
      if (auth.style === 'separator') return { user: `${auth.user}${auth.separator}${auth.master}`, pass };
      return { user: auth.master, pass, authzid: auth.user, loginMethod: 'AUTH=PLAIN' };
    }
  }
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
