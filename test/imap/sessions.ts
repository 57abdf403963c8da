import type { AccountConfig, Auth, ServerConfig } from '../../src/config/config.ts';
import { Secret } from '../../src/config/secret.ts';
import { openSession } from '../../src/imap/mail.ts';
import type { MailSession } from '../../src/ports/mail.ts';

/** A secret with this value. */
export function secret(value: string): Secret {
  return Secret.fromEnv('VALUE', { VALUE: value });
}

/** A server entry for loopback; plaintext, one attempt, short deadlines. */
export function serverAt(port: number, changes: Partial<ServerConfig> = {}): ServerConfig {
  return {
    name: 'test',
    host: '127.0.0.1',
    port,
    tls: 'none',
    caFile: null,
    servername: null,
    fingerprints: [],
    profile: null,
    commandTimeoutMs: 10_000,
    connectTimeoutMs: 5_000,
    connectAttempts: 1,
    maxConnections: 4,
    maxBytesPerSecond: null,
    ...changes,
  };
}

/** An account entry with a password, `secret` by default. */
export function accountOf(user: string, auth?: Auth): AccountConfig {
  return {
    server: 'test',
    account: user,
    auth: auth ?? { type: 'password', user, password: secret('secret') },
    quotaBytes: null,
    source: null,
  };
}

/** A session as `user` on the server at this port. */
export function login(
  port: number,
  user = 'bob',
  changes: Partial<ServerConfig> = {},
  auth?: Auth,
): Promise<MailSession> {
  return openSession(serverAt(port, changes), accountOf(user, auth));
}
