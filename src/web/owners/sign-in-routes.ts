import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { OwnerDoor, SignIn } from '../owner-door.ts';
import { requireOwnPage } from '../own-page.ts';
import { formCookie, newCookieValue, readCookie, sessionCookie, setCookie } from './cookies.ts';
import { maxFormBytes, requireSafe, signInOf, staleForm } from './forms.ts';
import type { OwnerPage } from './frame.ts';
import { signInPage } from './sign-in-page.ts';

const statuses = { refused: 403, noPassword: 403, unavailable: 503, later: 429 } as const;

interface SignInParts {
  readonly door: OwnerDoor;
  /** The listener accepts connections from this machine only. */
  readonly local: boolean;
  readonly send: (reply: FastifyReply, page: OwnerPage) => FastifyReply;
}

/** `/mine/sign-in`: the only page for people who have not signed in. */
export function signInRoutes(server: FastifyInstance, { door, local, send }: SignInParts): void {
  /** A form that only this browser can send, because its key belongs to a cookie. */
  const form = (request: FastifyRequest, reply: FastifyReply, last: SignIn | null): FastifyReply => {
    const binding = newCookieValue();
    setCookie(formCookie, binding, request, reply);
    return send(reply, signInPage(door.keys.make(`sign-in ${binding}`), last));
  };
  server.get('/sign-in', async (request, reply) => {
    requireSafe(request, local);
    return form(request, reply, null);
  });
  server.post('/sign-in', { bodyLimit: maxFormBytes }, async (request, reply) => {
    requireSafe(request, local);
    requireOwnPage(request);
    const { key, name, password, server: of = null } = signInOf(request.body);
    const binding = readCookie(formCookie, request);
    if (binding === null || !door.keys.take(key, `sign-in ${binding}`)) throw staleForm();
    const result = await door.signIn({ name: name.trim(), server: of, password, address: request.ip });
    if (result.kind !== 'session') {
      if (result.kind === 'later') void reply.header('retry-after', String(result.seconds));
      return form(request, reply.code(statuses[result.kind]), result);
    }
    // Always a new session: someone else may know the ID that the browser had before.
    door.signOut(readCookie(sessionCookie, request));
    setCookie(sessionCookie, result.session.id, request, reply);
    setCookie(formCookie, null, request, reply);
    return reply.redirect('/mine', 303);
  });
}
