import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A cookie of the owners' pages, which holds a random value. */
export interface OwnCookie {
  readonly name: string;
}

export const sessionCookie: OwnCookie = { name: 'mothball-owner' };
/** Of a browser that has not signed in: binds the form to it. */
export const formCookie: OwnCookie = { name: 'mothball-sign-in' };

/**
 * Over TLS the name begins with `__Host-` (RFC 6265bis §4.1.3.2): no other host, nor a page without TLS, can
 * set it, which could lead a visitor into a session of another.
 */
function nameOf({ name }: OwnCookie, { protocol }: FastifyRequest): string {
  return protocol === 'https' ? `__Host-${name}` : name;
}

/** Its value; null: there is none, or more than one, of which one may be another's. */
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

/** Null takes it away. It ends with the browser, and is sent to no other site and by none. */
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
