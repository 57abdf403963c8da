import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { errorMessage } from '../../errors.ts';
import { version } from '../../version.ts';
import { httpFaultOf } from '../fault.ts';
import { html } from '../html.ts';
import { sendMessage } from '../mail/send-message.ts';
import type { WebParts } from '../parts.ts';
import { messageIdOf, readQuery } from '../query.ts';
import type { WebSource } from '../source.ts';
import { accountPage } from './account.ts';
import { accountsCsv, accountsPage } from './accounts.ts';
import { archiveListCsv, archivePage, archivesPage } from './archives.ts';
import { sentence } from './figures.ts';
import { layout, type WebPage } from './layout.ts';
import { messagePage } from './message.ts';
import { overviewPage } from './overview.ts';
import { policiesPage } from './policies.ts';
import { restoreRoutes } from './restore.ts';
import { runPage } from './run.ts';
import { runListCsv, runsPage } from './runs.ts';
import { searchPage } from './search.ts';
import { storesCsv, storesPage } from './stores.ts';
import { style } from './style.ts';

/** The pages. They only read, apart from `restore.ts`: nothing else changes anything but the audit. */
export async function pageRoutes(server: FastifyInstance, parts: WebParts): Promise<void> {
  const { source, access, log } = parts;
  server.setErrorHandler((error, request, reply) => {
    const { fault, isPublic } = httpFaultOf(error);
    if (!isPublic) log(`${request.method} ${request.routeOptions.url ?? ''} failed: ${errorMessage(error)}`);
    const page = {
      title: titles[fault.statusCode] ?? 'Error',
      section: null,
      body: html`<p>${sentence(fault.message)}</p>`,
    } as const;
    return sendPage(reply.code(fault.statusCode).headers(fault.headers), page, source());
  });
  server.get('/style.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(style));

  await server.register(async (open) => {
    open.addHook('onRequest', access.page);
    const page = (path: string, make: (request: FastifyRequest) => Promise<WebPage>): void => {
      open.get(path, async (request, reply) => sendPage(reply, await make(request), source()));
    };
    const csv = (name: string, make: (request: FastifyRequest) => Promise<string>): void => {
      open.get(`/${name}.csv`, async (request, reply) => sendCsv(reply, name, await make(request)));
    };
    page('/', ({ query }) => overviewPage(source(), query));
    page('/accounts', ({ query }) => accountsPage(source(), query));
    csv('accounts', ({ query }) => accountsCsv(source(), query));
    page('/stores', () => storesPage(source()));
    csv('stores', () => storesCsv(source()));
    page('/policies', () => policiesPage(source()));
    page('/runs', ({ query }) => runsPage(source(), query));
    csv('runs', ({ query }) => runListCsv(source(), query));
    page('/runs/*', ({ params }) => runPage(source(), readQuery(z.object({ '*': z.string() }), params)['*']));
    page('/archives', ({ query }) => archivesPage(source(), query));
    csv('archives', ({ query }) => archiveListCsv(source(), query));
    page('/archives/:id', ({ params }) =>
      archivePage(source(), readQuery(z.object({ id: z.string() }), params).id),
    );
    page('/accounts/:server/:account', ({ params }) => {
      const { server: name, account } = readQuery(
        z.object({ server: z.string(), account: z.string() }),
        params,
      );
      return accountPage(source(), name, account);
    });
  });

  await server.register(async (scope) =>
    restoreRoutes(scope, parts, (reply, page) => sendPage(reply, page, source())),
  );

  await server.register(async (scope) => mailRoutes(scope, parts));
}

/** Archived mail, behind its own token. */
function mailRoutes(server: FastifyInstance, { source, access, desk }: WebParts): void {
  server.addHook('onRequest', access.mail);
  server.get('/search', async (request, reply) => sendPage(reply, await searchPage(desk, request), source()));
  server.get('/messages/:archive/:line', async (request, reply) => {
    const wish = {
      id: messageIdOf(request.params),
      restores: source().config.http?.restore === true,
    };
    return sendPage(reply, await messagePage(desk, request, wish), source());
  });
  server.get('/messages/:archive/:line/download', async (request, reply) =>
    sendMessage(reply, await desk.download(request, messageIdOf(request.params))),
  );
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Please log in',
  403: 'Not allowed',
  404: 'Not found',
  429: 'Too many attempts',
  502: 'Could not be read',
};

/** An address that is not there, in the frame of the other pages. */
export async function missingPage(reply: FastifyReply, source: WebSource): Promise<FastifyReply> {
  const body = html`<p>
    There is no page at this address. The <a href="/">overview</a> links to all pages.
  </p>`;
  return sendPage(reply.code(404), { title: 'Not found', section: null, body }, source);
}

function sendCsv(reply: FastifyReply, name: string, text: string): FastifyReply {
  return reply
    .type('text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename="${name}.csv"`)
    .send(text);
}

async function sendPage(
  reply: FastifyReply,
  page: WebPage,
  { catalog, clock, config }: WebSource,
): Promise<FastifyReply> {
  void reply.type('text/html; charset=utf-8');
  if (page.refresh !== undefined && page.refresh !== null) void reply.header('refresh', String(page.refresh));
  // Strangers see only the reason.
  const pause = reply.statusCode === 200 ? await catalog.paused() : null;
  return reply.send(layout(page, { pause, now: clock.now(), version, mail: config.http?.mail === true }));
}
