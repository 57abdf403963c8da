import { z } from 'zod';
import { httpAuthSchema, tokenAuthSchema } from './schema-server.ts';

const path = z.string().min(1, 'must not be empty').max(4096);

const listen = z
  .string()
  .regex(/^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, 'must be HOST:PORT, such as 127.0.0.1:9310');

const tls = z
  .strictObject({ certFile: path, keyFile: path })
  .describe('Certificate chain and key in PEM; read again when they change.');

export const httpSchema = z.strictObject({
  listen,
  auth: httpAuthSchema.optional(),
  mail: z.boolean().default(false),
  restore: z
    .boolean()
    .default(false)
    .describe('Archived mail can be put back on its server from the page, with the restore token.'),
  owners: z
    .boolean()
    .default(false)
    .describe(
      'Owners of mailboxes sign in with their own login, to search, read and restore their own mail.',
    ),
  page: z.boolean().default(true),
  tls: tls.optional(),
  hosts: z
    .array(
      z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/, 'must be the name of a host'),
    )
    .default([])
    .describe('Names by which a proxy on this machine may ask for the page, beside those of the machine.'),
  trustedProxies: z
    .array(
      z
        .string()
        .regex(/^[0-9A-Fa-f:.]+(?:\/\d{1,3})?$/, 'must be an address, or a network such as 10.0.0.0/8'),
    )
    .default([])
    .describe('Proxies whose X-Forwarded-For says where a request comes from.'),
  metrics: z
    .strictObject({
      listen: listen.optional(),
      auth: tokenAuthSchema.optional(),
      tls: tls.optional(),
    })
    .optional()
    .describe('A listener of their own for metrics and probes, and a token for the metrics.'),
});
