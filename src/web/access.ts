import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { errorMessage } from '../errors.ts';
import { type Credentials, readCredentials } from './credentials.ts';
import { HttpFault } from './fault.ts';
import { LoginFailures } from './login-failures.ts';
import { type TokenSource, TokenCheck } from './token-check.ts';

/** Who may see what, as it is configured now. */
export interface AccessSettings {
  /** False: there is no page and no API. */
  readonly page: boolean;
  /** Null: no token is needed, on loopback. */
  readonly token: TokenSource | null;
  /** Whether archived mail is served, to bearers of `mailToken`. */
  readonly mail: boolean;
  readonly mailToken: TokenSource | null;
  /** Whether mail may be restored, by bearers of `restoreToken`. */
  readonly restore: boolean;
  readonly restoreToken: TokenSource | null;
  /** Whether owners of mailboxes may sign in; they need no token. */
  readonly owners: boolean;
}

/**
 * What a visitor has shown: the mail token opens everything but restores, the restore token restores and
 * everything but archived mail, the other one what neither of these is for.
 */
interface Visitor {
  readonly holds: 'nothing' | 'token' | 'mail token' | 'restore token';
  readonly credentials: Credentials | null;
}

export interface AccessParts {
  readonly settings: () => AccessSettings;
  /** Listens on this machine only. */
  readonly local: boolean;
  readonly log: (line: string) => void;
  /** In milliseconds. */
  readonly now: () => number;
  /** Called for each wrong token. */
  readonly failed: () => void;
}

/** A wrong token from an address that sent many is answered this much later; only a limited number of answers wait at a time. */
const delayMs = 1_000;
const mostDelayed = 32;

/** One text for a missing and for a wrong token, so that it reveals nothing. */
const refusal = 'a valid token is needed';
const pageRealm = 'Mothball';
const mailRealm = 'Mothball archived mail';
const restoreRealm = 'Mothball restore';

/** Lets in only those who may see a page. */
export class Access {
  readonly #settings: () => AccessSettings;
  /** Listens on this machine only. */
  readonly #local: boolean;
  readonly #log: (line: string) => void;
  readonly #failures: LoginFailures;
  readonly #token: TokenCheck;
  readonly #mailToken: TokenCheck;
  readonly #restoreToken: TokenCheck;
  readonly #failed: () => void;
  #delayed = 0;

  constructor({ settings, local, log, now, failed }: AccessParts) {
    this.#settings = settings;
    this.#local = local;
    this.#log = log;
    this.#failed = failed;
    this.#failures = new LoginFailures(now);
    this.#token = new TokenCheck(now);
    this.#mailToken = new TokenCheck(now);
    this.#restoreToken = new TokenCheck(now);
  }

  /** For all but archived mail. */
  readonly page: onRequestHookHandler = async (request) => {
    await this.#admit(request, pageRealm);
  };

  /** For what has only a token. */
  async token(request: FastifyRequest): Promise<void> {
    await this.#admit(request, pageRealm);
  }

  /** For archived mail: its own token, and `http.mail`. */
  readonly mail: onRequestHookHandler = async (request) => {
    const visitor = await this.#admit(request, mailRealm);
    if (!this.#settings().mail)
      throw new HttpFault(403, 'archived mail is not served here: http.mail is not enabled');
    if (visitor.holds === 'mail token') return;
    // A browser asks its user again; a program has sent the token that it has.
    if (visitor.credentials?.scheme === 'bearer')
      throw new HttpFault(403, 'archived mail needs the mail token; this token opens only the rest');
    throw new HttpFault(401, refusal, challenge(mailRealm));
  };

  /** For what puts mail on a server: its own token, and `http.restore`. */
  readonly restore: onRequestHookHandler = async (request) => {
    const visitor = await this.#admit(request, restoreRealm);
    if (!this.#settings().restore)
      throw new HttpFault(403, 'nothing is restored from here: http.restore is not enabled');
    if (visitor.holds === 'restore token') return;
    if (visitor.credentials?.scheme === 'bearer')
      throw new HttpFault(403, 'a restore needs the restore token; this token does not open it');
    throw new HttpFault(401, refusal, challenge(restoreRealm));
  };

  async #admit(request: FastifyRequest, realm: string): Promise<Visitor> {
    const { page, token } = this.#settings();
    if (!page) throw new HttpFault(404, 'not found');
    const visitor = await this.#identify(request, realm);
    if (visitor.holds !== 'nothing') return visitor;
    if (token !== null) throw new HttpFault(401, refusal, challenge(realm));
    // A reload removed the token, and strangers can still reach the address.
    if (!this.#local) throw new HttpFault(503, 'no token is configured, and the address is not on loopback');
    return visitor;
  }

  async #identify(request: FastifyRequest, realm: string): Promise<Visitor> {
    const credentials = readCredentials(request.headers.authorization);
    const { token, mail, mailToken, restore, restoreToken } = this.#settings();
    if (credentials === null || (token === null && mailToken === null && restoreToken === null))
      return { holds: 'nothing', credentials };
    // All are always compared, so that the time taken does not reveal which one was close.
    const [isToken, isMailToken, isRestoreToken] = await Promise.all([
      this.#matches(this.#token, token, credentials.token),
      this.#matches(this.#mailToken, mail ? mailToken : null, credentials.token),
      this.#matches(this.#restoreToken, restore ? restoreToken : null, credentials.token),
    ]);
    if (isRestoreToken) return { holds: 'restore token', credentials };
    if (isMailToken) return { holds: 'mail token', credentials };
    if (isToken) return { holds: 'token', credentials };
    return this.#refuse(request.ip, realm);
  }

  /** A wrong token. Only its sender is slowed down: behind a proxy without a name others come from the same address. */
  async #refuse(address: string, realm: string): Promise<never> {
    this.#failed();
    const waitMs = this.#failures.waitMs(address);
    if (this.#failures.failed(address))
      this.#log(`too many wrong tokens from ${address}: slowed down for a while`);
    if (waitMs === 0) throw new HttpFault(401, refusal, challenge(realm));
    if (this.#delayed < mostDelayed) {
      this.#delayed += 1;
      await sleep(delayMs).finally(() => (this.#delayed -= 1));
    }
    throw new HttpFault(429, 'too many wrong tokens; try again later', {
      'retry-after': String(Math.ceil(waitMs / 1000)),
      connection: 'close',
    });
  }

  async #matches(check: TokenCheck, token: TokenSource | null, said: string): Promise<boolean> {
    if (token === null) return false;
    try {
      return await check.matches(token, said);
    } catch (error) {
      this.#log(`a token could not be read, so it lets no one in: ${errorMessage(error)}`);
      throw new HttpFault(503, 'the token cannot be checked; see the log of the daemon');
    }
  }
}

/** RFC 7617 §2. Browsers know Basic; Bearer is taken too. */
function challenge(realm: string): Readonly<Record<string, string>> {
  return { 'www-authenticate': `Basic realm="${realm}", charset="UTF-8"` };
}
