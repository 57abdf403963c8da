/**
 * `imap/`: mail servers over IMAP, behind `ports/mail.ts`. `connect.ts` logs in, `session.ts` is one
 * login, `wire.ts` sends raw commands one at a time, each under a deadline. `guard.ts` checks every
 * command at the send point of imapflow, so that none can expunge more than was named (SAFETY I2);
 * `guarded-client.ts` puts it there. All other files implement one command or one answer each.
 * Answers are hints until they are checked: a UID, a size or an OK that makes no sense is an error.
 * May import `imapflow`, which only this room knows, types of `config/config.ts`, `ports`, `domain`,
 * `format` and `errors.ts`.
 */
import type { AccountConfig, ServerConfig } from '../config/config.ts';
import { type AccountRef, sameAccount } from '../domain/account.ts';
import { MothballError } from '../errors.ts';
import type { Permit } from '../ports/locks.ts';
import type { Mail, MailSession } from '../ports/mail.ts';
import { readFeatures } from './capabilities.ts';
import { type ImapLog, openWire } from './connect.ts';
import { Pace, type Throttled } from './pace.ts';
import { ImapSession } from './session.ts';

export interface MailHooks {
  /** Notices for people, e.g. a connection tried again; never a secret or mail. */
  readonly log?: ImapLog;
  /** Ends the waiting between connection attempts. */
  readonly signal?: AbortSignal;
  /** Called when the byte budget of a server made a session wait. */
  readonly throttled?: Throttled;
  /** Asked before each command that changes mail; default: nobody is. */
  readonly permit?: Permit | null;
}

/** Sessions to the accounts of a configuration. */
export function imapMail(
  servers: ReadonlyMap<string, ServerConfig>,
  accounts: readonly AccountConfig[],
  hooks: MailHooks = {},
): Mail {
  const paces = new Map<string, Pace>();
  for (const { name, maxBytesPerSecond } of servers.values()) {
    if (maxBytesPerSecond === null) continue;
    const waited = (ms: number): void => hooks.throttled?.(name, ms);
    paces.set(name, new Pace(maxBytesPerSecond, waited, hooks.signal));
  }
  return {
    async open(ref: AccountRef, attempts?: number, permit?: Permit): Promise<MailSession> {
      const account = accounts.find((entry) => sameAccount(entry, ref));
      const server = servers.get(ref.server);
      if (account === undefined || server === undefined) {
        throw new MothballError(
          { fact: `${ref.server}/${ref.account} is not in mothball.yaml` },
          { code: 'config' },
        );
      }
      const patient = attempts === undefined ? server : { ...server, connectAttempts: attempts };
      return openSession(
        patient,
        account,
        { ...hooks, permit: permit ?? null },
        paces.get(ref.server) ?? null,
      );
    },
  };
}

/** Logs in to one account. @throws `auth`, `connect`, `timeout`, `refused`, `protocol`. */
export async function openSession(
  server: ServerConfig,
  account: AccountConfig,
  hooks: MailHooks = {},
  pace: Pace | null = null,
): Promise<MailSession> {
  const wire = await openWire(server, account, hooks);
  try {
    return new ImapSession(wire, await readFeatures(wire), pace);
  } catch (error) {
    wire.close();
    throw error;
  }
}
