import type { AccountConfig, Auth, ServerConfig } from '../config/config.ts';
import { type AccountRef, sameAccount } from '../domain/account.ts';
import { isError } from '../errors.ts';
import type { OwnerLogins } from '../ports/owner-logins.ts';
import { openWire } from './connect.ts';

/**
 * The owner's own login: the account's name, or what is before its `@`. Null: Mothball signs in with a
 * token, or with a login that is not the owner's, such as a service user's. A guess must never be sent
 * with that one: it would lock the service user out, or find its password.
 */
function ownUser({ account, auth }: AccountConfig): string | null {
  if (auth.type === 'oauth2' || auth.type === 'grant') return null;
  return auth.user === account || auth.user === account.split('@')[0] ? auth.user : null;
}

/** How long someone waits to sign in for a server that does not answer, in milliseconds; a login takes up to three times this. */
const patienceMs = 5_000;
/** How long the server may take to say goodbye, in milliseconds. */
const logoutMs = 2_000;

/**
 * Logins of the owners of these accounts. The name that is sent is the one of the configuration, never one
 * that a visitor typed: with a master user, `user*master` would open every mailbox. `secretOf`: a password
 * that prints nowhere.
 */
export function imapOwnerLogins(
  servers: ReadonlyMap<string, ServerConfig>,
  accounts: readonly AccountConfig[],
  secretOf: (password: string) => Extract<Auth, { readonly type: 'password' }>['password'],
): OwnerLogins {
  const find = (ref: AccountRef): readonly [ServerConfig, AccountConfig] | null => {
    const account = accounts.find((one) => sameAccount(one, ref));
    const server = servers.get(ref.server);
    return account === undefined || server === undefined ? null : [server, account];
  };
  return {
    wayOf(ref) {
      const found = find(ref);
      if (found === null) return null;
      const [{ host, port }, account] = found;
      const user = ownUser(account);
      if (user === null) return { kind: 'noPassword' };
      return { kind: 'password', place: JSON.stringify([host, port, user]) };
    },
    async check(ref, password) {
      const found = find(ref);
      if (found === null) return 'refused';
      const [server, account] = found;
      const user = ownUser(account);
      if (user === null) return 'refused';
      // Some servers take an empty password for an anonymous login.
      if (password === '' || /[\r\n\0]/.test(password)) return 'refused';
      const secret = secretOf(password);
      try {
        const { wire } = await openWire(
          {
            ...server,
            connectAttempts: 1,
            connectTimeoutMs: Math.min(server.connectTimeoutMs, patienceMs),
          },
          { ...account, auth: { type: 'password', user, password: secret } },
          {},
        );
        await leave(wire);
        return 'accepted';
      } catch (error) {
        return isError(error, 'auth') ? 'refused' : 'unavailable';
      }
    },
  };
}

async function leave(wire: { run(command: string): Promise<unknown>; close(): void }): Promise<void> {
  const late = new Promise<void>((resolve) => setTimeout(resolve, logoutMs).unref());
  await Promise.race([wire.run('LOGOUT').catch(() => undefined), late]);
  wire.close();
}
