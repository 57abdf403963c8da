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
import { profileOfServer } from '../domain/profiles.ts';
import { MothballError } from '../errors.ts';
import type { Permit } from '../ports/locks.ts';
import type { Mail, MailSession, SecondSession } from '../ports/mail.ts';
import type { AccessTokens } from '../ports/tokens.ts';
import { type ImapLog, openWire } from './connect.ts';
import { errorField, escapeServerText } from './imap-errors.ts';
import { Meter, Pace, type SharedBudget, type Throttled } from './pace.ts';
import { type Seat, Seats } from './seats.ts';
import { ServerPlaces } from './server-places.ts';
import { ImapSession } from './session.ts';
import type { KnownSizes } from './summed-quota.ts';

export interface MailHooks {
  /** Notices for people, e.g. a connection tried again; never a secret or mail. */
  readonly log?: ImapLog;
  /** Ends the waiting between connection attempts. */
  readonly signal?: AbortSignal;
  /** Gets the access tokens of accounts that sign in with a grant. */
  readonly tokens?: AccessTokens;
  /** Called when the byte budget of a server, or the server itself, made a session wait. */
  readonly throttled?: Throttled;
  /** The byte budgets of servers, where more than this process takes of them. */
  readonly budget?: SharedBudget;
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
    const { signal, budget } = hooks;
    const shared = budget && ((taken: number, perSecond: number) => budget(name, taken, perSecond));
    paces.set(name, new Pace(maxBytesPerSecond, waited, { signal, shared }));
  }
  const seats = new Seats();
  const places = new Map(
    [...servers.values()].map((one) => [one.name, new ServerPlaces(one.maxConnections)]),
  );
  const sizes = new Map<string, KnownSizes>();
  const configured = (ref: AccountRef): Configured => {
    const account = accounts.find((entry) => sameAccount(entry, ref));
    const server = servers.get(ref.server);
    const serverPlaces = places.get(ref.server);
    if (account === undefined || server === undefined || serverPlaces === undefined)
      throw new MothballError(
        { fact: `${ref.server}/${ref.account} is not in mothball.yaml` },
        { code: 'config' },
      );
    const seat = { who: `${ref.server}/${ref.account}`, host: server.host, user: ref.account };
    const key = JSON.stringify([ref.server, ref.account]);
    const known: KnownSizes = sizes.get(key) ?? new Map();
    sizes.set(key, known);
    const pace = paces.get(ref.server) ?? null;
    return { account, server, serverPlaces, seat, pace, known };
  };
  return {
    async open(ref: AccountRef, attempts?: number, permit: Permit | null = null): Promise<MailSession> {
      const found = configured(ref);
      const { server, serverPlaces, seat } = found;
      const patient = attempts === undefined ? server : { ...server, connectAttempts: attempts };
      const freePlace = await serverPlaces.first(hooks.signal);
      const freeSeat = await freeing(freePlace, () => seats.take(seat, server.connectTimeoutMs * 3));
      return openFreeing({ ...found, server: patient }, { ...hooks, permit }, both(freeSeat, freePlace));
    },
    async openBeside(ref: AccountRef, permit: Permit | null = null): Promise<SecondSession | null> {
      const found = configured(ref);
      const place = found.serverPlaces.second();
      if (place === null) return null;
      const freeSeat = seats.takeSpare(found.seat);
      if (freeSeat === null) {
        place.free();
        return null;
      }
      const once = { ...found, server: { ...found.server, connectAttempts: 1 } };
      const session = await openFreeing(once, { ...hooks, permit }, both(freeSeat, place.free));
      return { session, wanted: place.wanted };
    },
  };
}

/** `freed` is called when the session has ended, or could not be opened. */
async function openFreeing(
  { account, server, serverPlaces, pace, known }: Configured,
  hooks: MailHooks,
  freed: () => void,
): Promise<MailSession> {
  let session: MailSession | null = null;
  const ended = (): void => {
    if (session?.lostTogether === true) serverPlaces.lostTogether();
    freed();
  };
  session = await freeing(freed, () => openSession(server, account, hooks, { pace, known, ended }));
  if (serverPlaces.oneByOne) session.oneByOne();
  return session;
}

/** An account as configured, with what bounds its connections. */
interface Configured {
  readonly account: AccountConfig;
  readonly server: ServerConfig;
  readonly serverPlaces: ServerPlaces;
  readonly seat: Seat;
  readonly pace: Pace | null;
  readonly known: KnownSizes;
}

/** What the step answers; what is held for it is freed when it fails. */
async function freeing<T>(free: () => void, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    free();
    throw error;
  }
}

function both(first: () => void, second: () => void): () => void {
  return () => {
    first();
    second();
  };
}

/** What the sessions of one server or account share. */
interface SharedParts {
  readonly pace?: Pace | null;
  readonly known?: KnownSizes;
  /** Called when the session has ended. */
  readonly ended?: () => void;
}

/** Logs in to one account. @throws `auth`, `connect`, `timeout`, `refused`, `protocol`. */
export async function openSession(
  server: ServerConfig,
  account: AccountConfig,
  hooks: MailHooks = {},
  { pace = null, known = new Map(), ended = () => undefined }: SharedParts = {},
): Promise<MailSession> {
  const { wire, features, names, id } = await openWire(server, account, hooks);
  wire.throttled = (ms) => hooks.throttled?.(server.name, ms);
  if (pace !== null) wire.meter = new Meter(pace, () => wire.traffic.bytes);
  const greeting = escapeServerText(errorField(wire.client, 'greeting'));
  const traits = { capabilities: names, id: escapeServerText(id), greeting };
  const profile = server.profile ?? profileOfServer(traits);
  const { quotaBytes: limit } = account;
  const quota = limit === null ? null : { limit, known };
  return new ImapSession(wire, { features, profile }, { quota, ended });
}
