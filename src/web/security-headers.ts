import type { FastifyInstance } from 'fastify';
import { localTimeSource } from './local-time.ts';

/** One script, known by its hash; style and images only from here. No other page may frame it or see where a link was followed from. */
const policy = [
  "default-src 'none'",
  `script-src ${localTimeSource}`,
  "style-src 'self'",
  "img-src 'self' data:",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const headers = {
  'cache-control': 'no-store',
  'content-security-policy': policy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
} as const;

const hsts = 'max-age=31536000';

/** Headers of every reply. */
export function securityHeaders(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    void reply.headers(headers);
    // Over TLS, our own or that of a proxy (RFC 6797 §7.2: never over plain HTTP). A forged header harms only its sender.
    if (request.protocol === 'https' || request.headers['x-forwarded-proto'] === 'https')
      void reply.header('strict-transport-security', hsts);
    done();
  });
}
