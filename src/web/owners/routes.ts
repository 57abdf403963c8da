import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { errorMessage, isError } from '../../errors.ts';
import { HttpFault, httpFaultOf } from '../fault.ts';
import { html } from '../html.ts';
import { sendMessage } from '../mail/send-message.ts';
import { sentence } from '../pages/figures.ts';
import type { OwnerDoor, Visit } from '../owner-door.ts';
import { requireOwnPage } from '../own-page.ts';
import { readQuery } from '../query.ts';
import { readCookie, sessionCookie, setCookie } from './cookies.ts';
import { fieldsOf, keyOf, maxFormBytes, nameIn, restoreOf, staleForm } from './forms.ts';
import { type OwnerPage, ownerLayout, type Signed } from './frame.ts';
import { listPage } from './list-page.ts';
import { ownMessagePage } from './message-page.ts';
import { ownRestorePage } from './restore-page.ts';
import { signInRoutes } from './sign-in-routes.ts';

export interface OwnerParts {
  readonly door: OwnerDoor;
  readonly now: () => Date;
  /** The listener accepts connections from this machine only, so passwords don't leave it. */
  readonly local: boolean;
  /** Logs requests that failed through our own fault. */
  readonly log: (line: string) => void;
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  403: 'Not allowed',
  404: 'Not found',
  429: 'Too many requests',
  502: 'Could not be read',
};

type Answer = (
  visit: Visit,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<OwnerPage | FastifyReply>;
type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/**
 * `/mine`: what owners of mailboxes see. A handler gets only the archive of the account that signed in.
 * There is no way from here to the catalog or to other accounts.
 */
export async function ownerRoutes(server: FastifyInstance, parts: OwnerParts): Promise<void> {
  const { door, local } = parts;
  server.addHook('onRequest', async () => {
    if (!door.isOpen) throw new HttpFault(404, 'not found');
  });
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: maxFormBytes },
    (_request, body, done) => done(null, fieldsOf(String(body))),
  );
  faults(server, parts);
  const send = (reply: FastifyReply, page: OwnerPage, signed: Signed | null): FastifyReply => {
    if (page.refresh !== undefined && page.refresh !== null)
      void reply.header('refresh', String(page.refresh));
    return reply.type('text/html; charset=utf-8').send(ownerLayout(page, signed, parts.now()));
  };
  signInRoutes(server, { door, local, send: (reply, page) => send(reply, page, null) });

  /** Everything behind the sign-in goes through here. */
  const inside =
    (answer: Answer): Handler =>
    async (request, reply) => {
      const visit = door.visit(readCookie(sessionCookie, request), {
        address: request.ip,
        gone: goneOf(request, reply),
      });
      if (visit === null) return reply.redirect('/mine/sign-in', 303);
      const page = await answer(visit, request, reply);
      if (!('title' in page)) return page;
      return send(reply, page, { account: visit.account, key: makeKey(door, 'sign-out', visit) });
    };
  pages(server, door, inside);
  changes(server, door, inside);
}

/** Aborted when the client has taken the answer, or has left. */
function goneOf(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  const end = (): void => {
    request.raw.socket.off('close', end);
    gone.abort(new HttpFault(499, 'the client has left'));
  };
  reply.raw.once('close', end);
  // An answer behind another on the same connection never learns that it was closed.
  request.raw.socket.once('close', end);
  return gone.signal;
}

/** Keys of forms are good for one session. */
function makeKey(door: OwnerDoor, what: string, { session }: Visit): string {
  return door.keys.make(`${what} ${session.id}`);
}

/** What only reads. */
function pages(server: FastifyInstance, door: OwnerDoor, inside: (answer: Answer) => Handler): void {
  server.get(
    '/',
    inside((visit, { query }) => listPage(visit.archive, query, makeKey(door, 'restore', visit))),
  );
  server.get(
    '/messages/:archive/:line',
    inside((visit, { params }) =>
      ownMessagePage(visit.archive, nameIn(params), makeKey(door, 'restore', visit)),
    ),
  );
  server.get(
    '/messages/:archive/:line/download',
    inside(async ({ archive }, { params }, reply) =>
      sendMessage(reply, await archive.download(nameIn(params))),
    ),
  );
  server.get(
    '/restores/:job',
    inside(async ({ archive }, { params }) => {
      const { job } = readQuery(z.object({ job: z.string() }), params);
      const found = archive.job(job);
      if (found === null) throw new HttpFault(404, 'there is no such restore, or it was long ago');
      return ownRestorePage(found);
    }),
  );
}

/** What changes something: forms with a key. */
function changes(server: FastifyInstance, door: OwnerDoor, inside: (answer: Answer) => Handler): void {
  const take = (request: FastifyRequest, key: string, what: string, { session }: Visit): void => {
    requireOwnPage(request);
    if (!door.keys.take(key, `${what} ${session.id}`)) throw staleForm();
  };
  server.post(
    '/restore',
    { bodyLimit: maxFormBytes },
    inside(async (visit, request, reply) => {
      const { key, names, to } = restoreOf(request.body);
      take(request, key, 'restore', visit);
      const job = await visit.archive.restore(names, to);
      return reply.redirect(`/mine/restores/${encodeURIComponent(job)}`, 303);
    }),
  );
  server.post(
    '/sign-out',
    { bodyLimit: maxFormBytes },
    inside(async (visit, request, reply) => {
      take(request, keyOf(request.body), 'sign-out', visit);
      door.signOut(visit.session.id);
      setCookie(sessionCookie, null, request, reply);
      return reply.redirect('/mine/sign-in', 303);
    }),
  );
}

/** Shows errors in the frame of the owners' pages, without details that only administrators need. */
function faults(server: FastifyInstance, { log, now }: OwnerParts): void {
  server.setErrorHandler((error, request, reply) => {
    const { fault, isPublic } = httpFaultOf(error);
    if (!isPublic) log(`${request.method} ${request.routeOptions.url ?? ''} failed: ${errorMessage(error)}`);
    const text = isError(error, 'verify', 'store')
      ? "the message can't be read from the archive now; your administrator can find out why"
      : isPublic
        ? fault.message
        : 'something went wrong here; your administrator can find out why';
    const body = html`<p role="alert">${sentence(text)}</p>
      <p><a href="/mine">To my mail</a></p>`;
    const page = { title: titles[fault.statusCode] ?? 'Error', body };
    return reply
      .code(fault.statusCode)
      .headers(fault.headers)
      .type('text/html; charset=utf-8')
      .send(ownerLayout(page, null, now()));
  });
  server.setNotFoundHandler(async () => {
    throw new HttpFault(404, 'there is no page at this address');
  });
}
