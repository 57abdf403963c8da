import type { AccountConfig, ServerConfig } from '../config/config.ts';
import { MothballError } from '../errors.ts';
import type { AccountRef, Mail, MailSession } from '../ports/mail.ts';
import { readFeatures } from './capabilities.ts';
import { openWire, type ImapLog } from './connect.ts';
import { ImapSession } from './session.ts';

export interface MailHooks {
  /** Notices for people, e.g. a connection tried again; never a secret or mail. */
  readonly log?: ImapLog;
  /** Ends the waiting between connection attempts. */
  readonly signal?: AbortSignal;
}

/** Sessions to the accounts of a configuration. */
export function imapMail(
  servers: ReadonlyMap<string, ServerConfig>,
  accounts: readonly AccountConfig[],
  hooks: MailHooks = {},
): Mail {
  return {
    async open(ref: AccountRef): Promise<MailSession> {
      const account = accounts.find((entry) => entry.server === ref.server && entry.account === ref.account);
      const server = servers.get(ref.server);
      if (account === undefined || server === undefined) {
        throw new MothballError(`${ref.server}/${ref.account} is not in mothball.yaml.`, { code: 'config' });
      }
      return openSession(server, account, hooks);
    },
  };
}

/** Logs in to one account. @throws `auth`, `connect`, `timeout`, `refused`, `protocol`. */
export async function openSession(
  server: ServerConfig,
  account: AccountConfig,
  hooks: MailHooks = {},
): Promise<MailSession> {
  const wire = await openWire(server, account, hooks.log ?? (() => undefined), hooks.signal);
  try {
    return new ImapSession(wire, await readFeatures(wire));
  } catch (error) {
    wire.close();
    throw error;
  }
}
