import type { FastifyRequest } from 'fastify';
import { HttpFault } from './fault.ts';

/** Browsers say where a form was sent from; programs, which no other page can lead, may leave it out. */
export function requireOwnPage({ headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin')
    throw new HttpFault(403, 'the form was sent from another site');
}
