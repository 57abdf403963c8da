import type { FastifyInstance, FastifyReply } from 'fastify';

/** The state of the process. Both answer at once: null when all is well, else what is wrong. */
export interface Health {
  /** A fault that only a restart fixes. */
  dead(): string | null;
  /** Why no work should be expected now: starting, stopping, the catalog is closed. */
  unready(): string | null;
}

/** GET /livez and /readyz, for Kubernetes and load balancers: 200 or 503, the reason as text. */
export function healthRoutes(server: FastifyInstance, health: Health): void {
  server.get('/livez', (_request, reply) => answer(reply, health.dead()));
  server.get('/readyz', (_request, reply) => answer(reply, health.unready()));
}

function answer(reply: FastifyReply, fault: string | null): FastifyReply {
  return reply
    .code(fault === null ? 200 : 503)
    .type('text/plain; charset=utf-8')
    .send(`${fault ?? 'ok'}\n`);
}
