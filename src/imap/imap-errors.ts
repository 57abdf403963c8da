import { type Explanation, errorMessage, isError, MothballError, type Said } from '../errors.ts';
import { loginRefusal } from './login-refusal.ts';
import { asKeyword, type WireToken } from './wire-token.ts';

/** Longest piece of server text that an error message quotes. */
const maxText = 200;

/** Server text for people: control and bidirectional characters escaped, cut at 200 characters. */
export function escapeServerText(text: string): string {
  const shown = text.length > maxText ? `${text.slice(0, maxText)}…` : text;
  return shown.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (char) => {
    const code = (char.codePointAt(0) ?? 0).toString(16);
    return `\\u{${code}}`;
  });
}

/** The string property of anything thrown, or ''. */
export function errorField(error: unknown, name: string): string {
  if (typeof error !== 'object' || error === null) return '';
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : '';
}

/** A connection that broke while a command was under way. The session is dead. */
export function lostConnection(who: string, doing: string, error: unknown): MothballError {
  const reason = errorField(error, 'reason');
  const text = escapeServerText(reason === '' ? errorMessage(error) : reason);
  return new MothballError(
    {
      fact: `${who}: the connection broke during ${doing} (${text})`,
      notDone: 'what it asked for is not confirmed',
      remedy: 'Trying again needs a new connection',
    },
    { code: 'connect', retryable: true, cause: error },
  );
}

/** No answer in time. The session is dead. */
export function noAnswer(who: string, doing: string, milliseconds: number): MothballError {
  return new MothballError(
    {
      fact: `${who}: no answer to ${doing} for ${milliseconds} ms`,
      notDone: 'the connection was closed and nothing is confirmed',
      remedy: "Raise the server's command time-out if it is only slow",
    },
    { code: 'timeout', retryable: true },
  );
}

/** The account used up what it may. The session is of no use for hours. */
export function throttled(who: string, said: Said): MothballError {
  return new MothballError(
    { fact: `${who}: the server limits this account (${said.text})`, notDone: 'what is left is done later' },
    { code: 'throttled', retryable: true, said },
  );
}

/** The tagged answer to a command, as far as a refusal needs it. */
interface Refusal {
  readonly status: 'OK' | 'NO' | 'BAD';
  readonly code: readonly WireToken[];
  readonly text: string;
}

/** The server said NO or BAD (then with its answer), or what it said makes no sense. */
export function protocolError(who: string, what: string, answer: Refusal | string): MothballError {
  const text = typeof answer === 'string' ? answer : answer.text;
  const words = text === '' ? '' : `: ${escapeServerText(text)}`;
  const said = typeof answer === 'string' ? null : saidBy(answer);
  return new MothballError({ fact: `${who}: ${what}${words}` }, { code: 'protocol', said });
}

/** The server's words, for reports; null when it did not refuse. */
export function saidBy({ status, code, text }: Refusal): Said | null {
  if (status === 'OK') return null;
  const name = asKeyword(code[0]);
  return {
    status,
    code: name === null ? null : escapeServerText(name),
    text: escapeServerText(text),
  };
}

/**
 * A failure of connecting or logging in, as something a person can act on. `advice`: what to check
 * where a refused access token comes from; null for a password.
 */
export function connectError(
  who: string,
  place: string,
  error: unknown,
  advice: string | null = null,
): MothballError {
  if (isError(error)) return error;
  const code = errorField(error, 'code');
  // Of a refusal during its own commands imapflow keeps the server's words apart from its own.
  const words = errorField(error, 'responseText') || errorField(error, 'response');
  const text = escapeServerText(words || errorMessage(error));
  const at = `${who}: can't log in to ${place}`;
  if (isSet(error, 'authenticationFailed')) {
    const serverCode = errorField(error, 'serverResponseCode').toUpperCase();
    const {
      code: kind,
      retryable,
      ...explanation
    } = loginRefusal(at, {
      code: serverCode,
      text,
      advice,
    });
    const said = { status: 'NO', code: serverCode === '' ? null : serverCode, text } as const;
    return new MothballError(explanation, { code: kind, retryable, cause: error, said });
  }
  const lasting = lastingFault({ at, code, text, error });
  if (lasting !== null) return new MothballError(lasting, { code: 'connect', cause: error });
  if (code === '' && errorMessage(error).includes('authentication mechanism')) {
    const fact = `${at}: the server offers no way to log in as configured`;
    return new MothballError({ fact, remedy: "Check the account's auth" }, { code: 'auth', cause: error });
  }
  const fact =
    code === 'ECONNREFUSED'
      ? `${who}: can't connect to ${place}: connection refused`
      : `${at}: ${code === '' ? '' : `${code}: `}${text}`;
  return new MothballError(
    { fact, remedy: 'Check host, port and tls in mothball.yaml' },
    { code: 'connect', retryable: true, cause: error },
  );
}

function isSet(error: unknown, name: string): boolean {
  return typeof error === 'object' && error !== null && Reflect.get(error, name) === true;
}

interface ConnectFailure {
  readonly at: string;
  readonly code: string;
  readonly text: string;
  readonly error: unknown;
}

/** A failure that trying again does not help; null for any other. */
function lastingFault({ at, code, text, error }: ConnectFailure): Explanation | null {
  if (isCertificateError(code)) {
    return {
      fact: `${at}: its certificate is not trusted (${code}: ${text})`,
      remedy:
        'Set caFile of the server to a PEM file with the CA that signed it; for a certificate of another name set tls.servername, or tls.fingerprint',
    };
  }
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') {
    return {
      fact: `${at}: the TLS handshake failed (${code})`,
      remedy: 'Check that tls fits the port: implicit or starttls',
    };
  }
  if (isSet(error, 'tlsFailed')) {
    return {
      fact: `${at}: STARTTLS did not work (${text})`,
      notDone: 'no login was sent',
      remedy: 'Use tls: implicit if the server has it',
    };
  }
  if (code === 'ENOTFOUND')
    return { fact: `${at}: its host name is unknown`, remedy: 'Check host in mothball.yaml' };
  return null;
}

function isCertificateError(code: string): boolean {
  return /^(?:CERT_|ERR_TLS_CERT|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA)/.test(code);
}
