import type { FastifyInstance } from 'fastify';
import { document } from '../../documents/document.ts';
import { errorMessage } from '../../errors.ts';
import { version } from '../../version.ts';
import { httpFaultOf } from '../fault.ts';
import { sendMessage } from '../mail/send-message.ts';
import type { WebParts } from '../parts.ts';
import { messageIdOf } from '../query.ts';
import type { Endpoint } from './endpoint.ts';
import { mailEndpoints } from './mail-endpoints.ts';
import { openApi } from './openapi.ts';
import { recordEndpoints } from './record-endpoints.ts';
import { stateEndpoints } from './state-endpoints.ts';

export const endpoints: readonly Endpoint[] = [...stateEndpoints, ...recordEndpoints, ...mailEndpoints];

const json = 'application/json; charset=utf-8';

/** The API, below /api/v1. */
export async function apiRoutes(server: FastifyInstance, parts: WebParts): Promise<void> {
  const { source, access, desk, log } = parts;
  const failed = (code: number, message: string): string =>
    JSON.stringify(document('error', { error: { code, message } }));
  server.setErrorHandler((error, request, reply) => {
    const { fault, isPublic } = httpFaultOf(error);
    if (!isPublic) log(`${request.method} ${request.routeOptions.url ?? ''} failed: ${errorMessage(error)}`);
    const { statusCode, headers, message } = fault;
    return reply.code(statusCode).headers(headers).type(json).send(failed(statusCode, message));
  });
  server.addHook('onRequest', access.page);
  server.setNotFoundHandler((_request, reply) => reply.code(404).type(json).send(failed(404, 'not found')));

  server.get('/openapi.json', (_request, reply) =>
    reply.type(json).send(JSON.stringify(openApi(endpoints, version), null, 2)),
  );
  for (const endpoint of endpoints) {
    const guards = endpoint.mail ? { onRequest: access.mail } : {};
    server.get(endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1'), guards, async (request, reply) =>
      reply.type(json).send(JSON.stringify(await endpoint.handle({ source: source(), desk, request }))),
    );
  }
  server.get('/messages/:archive/:line/raw', { onRequest: access.mail }, async (request, reply) =>
    sendMessage(reply, await desk.download(request, messageIdOf(request.params))),
  );
}
