import { pipeline, Readable } from 'node:stream';
import { constants, createGzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** What `/metrics` serves. */
export interface MetricsSource {
  readonly contentType: string;
  /** The exposition text in pieces. */
  text(): AsyncIterable<string>;
}

/** GET /metrics: streamed, so that a hundred thousand series neither fill memory nor hold up other work. */
export function metricsRoute(
  server: FastifyInstance,
  metrics: MetricsSource,
  admit: (request: FastifyRequest) => Promise<void>,
): void {
  server.get('/metrics', { onRequest: admit }, (request, reply) => {
    const text = Readable.from(metrics.text(), { objectMode: true, highWaterMark: 2 });
    void reply.header('content-type', metrics.contentType).header('vary', 'accept-encoding');
    if (!takesGzip(request.headers['accept-encoding'])) return reply.send(text);
    const packed = createGzip({ level: constants.Z_BEST_SPEED });
    // A fault on either side ends both; the server reports what reaches the reply.
    pipeline(text, packed, () => undefined);
    return reply.header('content-encoding', 'gzip').send(packed);
  });
}

/** RFC 9110 §12.5.3, as far as Prometheus and curl need it: gzip is named and not refused. */
function takesGzip(header: string | string[] | undefined): boolean {
  const offers = [header ?? ''].flat().join(',').toLowerCase().split(',');
  return offers.some((offer) => /^\s*(?:x-)?gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/.test(offer));
}
