import type { FastifyRequest } from 'fastify';
import { HttpFault } from './fault.ts';

/** Browsers say which site sent a form. Programs may leave that out: no other site can make them send one. */
export function requireOwnPage({ headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin')
    throw new HttpFault(403, 'the form was sent from another site');
}
