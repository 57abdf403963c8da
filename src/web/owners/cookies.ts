import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A cookie of the owners' pages, which holds a random value. */
export interface OwnCookie {
  readonly name: string;
}

export const sessionCookie: OwnCookie = { name: 'mothball-owner' };
/** Binds the sign-in form to the browser that it was made for. */
export const formCookie: OwnCookie = { name: 'mothball-sign-in' };

/**
 * Over TLS the name begins with `__Host-` (RFC 6265bis §4.1.3.2). Then only this host can set the cookie, and
 * only over TLS. Otherwise someone else could set it, to lead a visitor into their own session.
 */
function nameOf({ name }: OwnCookie, { protocol }: FastifyRequest): string {
  return protocol === 'https' ? `__Host-${name}` : name;
}

/** The cookie's value. Null if it is missing, or sent twice: someone else may have set one of the two. */
export function readCookie(cookie: OwnCookie, request: FastifyRequest): string | null {
  const name = nameOf(cookie, request);
  const values = (request.headers.cookie ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1));
  const [value] = values;
  return values.length === 1 && value !== undefined && /^[\w-]{43}$/.test(value) ? value : null;
}

export function newCookieValue(): string {
  return randomBytes(32).toString('base64url');
}

/** Sets the cookie until the browser is closed; null removes it. Requests from other sites come without it. */
export function setCookie(
  cookie: OwnCookie,
  value: string | null,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const secure = request.protocol === 'https';
  const parts = [
    `${nameOf(cookie, request)}=${value ?? ''}`,
    `Path=${secure ? '/' : '/mine'}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(secure ? ['Secure'] : []),
    ...(value === null ? ['Max-Age=0'] : []),
  ];
  void reply.header('set-cookie', parts.join('; '));
}
