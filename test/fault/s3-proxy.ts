import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { bucketRequest } from '../oracle/bucket.ts';
import type { S3Access } from '../servers/rgw.ts';
import { signAnew } from './s3-sign.ts';

/** What the proxy does to a request in place of passing it on. */
export type S3Fault =
  /** Answers itself, with an error of S3. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly code: string;
      readonly region?: string;
      readonly date?: Date;
    }
  /** Passes the request on and then breaks the connection. */
  | { readonly kind: 'lose reply' }
  /** Breaks the connection after so many octets of the request's body. */
  | { readonly kind: 'cut upload'; readonly at: number }
  /** Breaks the connection after so many octets of the answer's body. */
  | { readonly kind: 'cut download'; readonly at: number }
  /** Changes the answer's body, as a server would that stored something else. */
  | { readonly kind: 'rewrite'; readonly change: (body: Buffer) => Buffer }
  /** Takes headers that begin so out of the request and signs it anew: a server that does not know them. */
  | { readonly kind: 'ignore'; readonly header: string }
  /** Heeds If-None-Match although the server behind does not, as AWS does in a bucket with versions. */
  | { readonly kind: 'heed If-None-Match'; readonly status?: 412 | 304 }
  /** Says nothing for ever. */
  | { readonly kind: 'hang' };

export interface Seen {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** The header Expect. */
  readonly expects: string | null;
  /** Octets of the answer's body. */
  bytes: number;
}

/** Decides on each request; `nth` counts, from 1, those of the same method and path. */
export type Decide = (request: Pick<Seen, 'method' | 'url'>, nth: number) => S3Fault | null;

export interface S3Proxy extends S3Access {
  readonly seen: Seen[];
  /** What happens to requests from now on. */
  set(decide: Decide): void;
  stop(): Promise<void>;
}

/** An HTTP proxy before an S3 server. The Host header is passed on, for it is signed. */
export async function startS3Proxy(server: S3Access): Promise<S3Proxy> {
  let decide: Decide = () => null;
  const seen: Seen[] = [];
  const counts = new Map<string, number>();
  const proxy = createServer((incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming;
    const entry = { method, url, expects: headers.expect ?? null, bytes: 0 };
    seen.push(entry);
    const name = `${entry.method} ${entry.url.replace(/\?.*/, '')}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    const fault = decide(entry, counts.get(name) ?? 1);
    pass(server, incoming, outgoing, fault, entry).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    ...server,
    endpoint: `http://127.0.0.1:${address.port}`,
    seen,
    set(next) {
      decide = next;
      counts.clear();
      seen.length = 0;
    },
    stop: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve());
        proxy.closeAllConnections();
      }),
  };
}

async function pass(
  server: S3Access,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fault: S3Fault | null,
  entry: Seen,
): Promise<void> {
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'answer') return await answer(incoming, outgoing, fault);
  if (fault?.kind === 'heed If-None-Match' && incoming.headers['if-none-match'] === '*') {
    const path = entry.url.slice(1).replace(/\?.*/, '');
    const there = await bucketRequest(server, { method: 'HEAD', path }).catch(() => null);
    if (there !== null)
      return await answer(incoming, outgoing, {
        kind: 'answer',
        status: fault.status ?? 412,
        code: 'PreconditionFailed',
      });
  }
  let headers = { ...incoming.headers };
  delete headers.expect;
  if (fault?.kind === 'ignore') {
    for (const name of Object.keys(headers)) if (name.startsWith(fault.header)) delete headers[name];
    headers = signAnew(server, entry.method, entry.url, headers);
  }
  const onward = httpRequest(new URL(entry.url, server.endpoint), {
    method: entry.method,
    headers,
    agent: false,
  });
  const reply = new Promise<IncomingMessage>((resolve, reject) => {
    onward.once('response', resolve);
    onward.once('error', reject);
  });
  reply.catch(() => undefined);
  if (fault?.kind === 'cut upload') {
    let passed = 0;
    for await (const piece of incoming) {
      passed += piece.length;
      if (passed < fault.at) onward.write(piece);
      else break;
    }
    onward.destroy();
    incoming.socket.destroy();
    return;
  }
  await pipeline(incoming, onward);
  const response = await reply;
  if (fault?.kind === 'lose reply') {
    for await (const _ of response);
    outgoing.destroy();
    return;
  }
  await giveBack(response, outgoing, fault, entry);
}

async function giveBack(
  response: IncomingMessage,
  outgoing: ServerResponse,
  fault: S3Fault | null,
  entry: Seen,
): Promise<void> {
  const headers = { ...response.headers };
  if (fault?.kind === 'rewrite') {
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece);
    const body = fault.change(Buffer.concat(pieces));
    delete headers['content-length'];
    outgoing.writeHead(response.statusCode ?? 500, { ...headers, 'content-length': body.length });
    outgoing.end(body);
    return;
  }
  outgoing.writeHead(response.statusCode ?? 500, headers);
  if (entry.method === 'HEAD') outgoing.flushHeaders();
  for await (const piece of response) {
    const left = fault?.kind === 'cut download' ? fault.at - entry.bytes : piece.length;
    entry.bytes += piece.length;
    if (!outgoing.write(piece.subarray(0, Math.max(0, left)))) await drained(outgoing);
    if (left >= piece.length) continue;
    // What was written must leave before the connection breaks.
    setTimeout(() => outgoing.destroy(), 20);
    return;
  }
  outgoing.end();
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done).off('close', done);
      resolve();
    };
    outgoing.on('drain', done).on('close', done);
  });
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { status, code, region, date = new Date() }: S3Fault & { readonly kind: 'answer' },
): Promise<void> {
  for await (const _ of incoming);
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>made by the proxy</Message></Error>`;
  const where = region === undefined ? {} : { 'x-amz-bucket-region': region };
  outgoing.writeHead(status, {
    'content-type': 'application/xml',
    'content-length': body.length,
    date: date.toUTCString(),
    ...where,
  });
  outgoing.end(incoming.method === 'HEAD' ? undefined : body);
}
