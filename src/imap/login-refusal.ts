import type { Explanation } from '../errors.ts';

/** The server's answer to a login. */
interface Answer {
  /** The response code in capitals (RFC 5530); empty without one. */
  readonly code: string;
  /** Its words, escaped. */
  readonly text: string;
  /** What to check where a refused access token comes from; null: it was a password. */
  readonly advice?: string | null;
}

interface LoginRefusal extends Explanation {
  readonly code: 'auth' | 'connect';
  /** True when the same login may succeed a little later. */
  readonly retryable: boolean;
}

/** Codes that say that the server, and not the user, is at fault (RFC 5530 §3, RFC 8437). */
const passing: ReadonlySet<string> = new Set(['UNAVAILABLE', 'INUSE', 'LIMIT', 'SERVERBUG', 'OVERQUOTA']);
/** Codes that say that the login itself is refused. */
const final: ReadonlySet<string> = new Set([
  'AUTHENTICATIONFAILED',
  'AUTHORIZATIONFAILED',
  'EXPIRED',
  'PRIVACYREQUIRED',
  'CONTACTADMIN',
]);

const notConnected = /authenticated but not connected/i;

/** Exchange accepts a login and then has no mailbox to open. */
export function isNotConnected(text: string): boolean {
  return notConnected.test(text);
}

const throttled =
  /too many|simultaneous|maximum number of|throttl|rate limit|bandwidth limit|try again|temporar|server (?:is )?(?:unavailable|busy)|not available/i;
const disabled =
  /disabled|suspended|deactivated|account (?:is )?(?:locked|blocked|expired|inactive)|please enable imap|imap (?:access )?(?:is )?(?:not enabled|disabled)/i;

/**
 * What a refused login means. Many servers give no code, and say in words only that they are busy: such a
 * login is tried again with growing pauses, one with a wrong password never is, since servers lock
 * accounts for that.
 */
export function loginRefusal(at: string, { code, text, advice = null }: Answer): LoginRefusal {
  const words = code === '' ? text : `${code}: ${text}`;
  if (isNotConnected(text))
    return {
      fact: `${at}: the login was accepted, but the server does not open the mailbox (${words})`,
      remedy:
        advice ??
        'On Exchange the mailbox is throttled, has no licence, or is shared and not open to this user; try later or check it there',
      code: 'connect',
      retryable: true,
    };
  if (passing.has(code) || (!final.has(code) && throttled.test(text)))
    return {
      fact: `${at}: the server accepts no login now (${words})`,
      remedy: 'It may have too many connections or be throttling this account; try again later',
      code: 'connect',
      retryable: true,
    };
  if (code === 'EXPIRED' || disabled.test(text))
    return {
      fact: `${at}: the server says that the account or its IMAP access is disabled or has expired (${words})`,
      remedy: 'Enable it there; the password may be right',
      code: 'auth',
      retryable: false,
    };
  return {
    fact: `${at}: the server refused the ${advice === null ? 'user name or password' : 'access token'} (${words})`,
    remedy: advice ?? "Check the account's auth in mothball.yaml",
    code: 'auth',
    retryable: false,
  };
}
