import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';

/** A token or a metadata document is a few kilobytes. */
const maxBodyBytes = 256 * 1024;

/** The request did not come to an answer. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly late: boolean;

  constructor(message: string, late: boolean) {
    super(message);
    this.late = late;
  }
}

interface Request {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/**
 * One request over HTTPS (HTTP only on loopback), as fetch would answer it: a bounded time, a bounded
 * size, no redirects followed. With HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment, as S3 has them.
 */
export async function boundedFetch(
  address: string,
  { method = 'GET', headers = {}, body = null }: Request,
  limitMs: number,
  signal: AbortSignal,
): Promise<Response> {
  const url = new URL(address);
  const secure = url.protocol === 'https:';
  if (!secure && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    throw new NoAnswer(`${url.origin} is not https`, false);
  const content = body === null || body === undefined ? null : Buffer.from(textOf(body));
  const options: RequestOptions = {
    method,
    headers: content === null ? { ...headers } : { ...headers, 'content-length': String(content.length) },
    signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
  };
  const agent = secure ? new HttpsAgent({ proxyEnv: process.env }) : new HttpAgent({ proxyEnv: process.env });
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const send = secure ? httpsRequest : httpRequest;
      const outgoing = send(url, { ...options, agent }, resolve);
      outgoing.on('error', reject);
      outgoing.end(content ?? undefined);
    });
    return await responseOf(answer, url);
  } catch (error) {
    signal.throwIfAborted();
    throw failure(url, error, limitMs);
  } finally {
    agent.destroy();
  }
}

async function responseOf(answer: IncomingMessage, url: URL): Promise<Response> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of answer) {
    if (!(piece instanceof Buffer)) continue;
    length += piece.length;
    if (length > maxBodyBytes) {
      answer.destroy();
      throw new NoAnswer(`${url.host} answered with more than ${maxBodyBytes} bytes`, false);
    }
    pieces.push(piece);
  }
  const status = answer.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers))
    if (typeof value === 'string') headers.set(name, value);
  // Response knows no status below 200, and no body with these.
  if (status < 200 || status > 599) throw new NoAnswer(`${url.host} answered with status ${status}`, false);
  const empty = [204, 205, 304].includes(status);
  return new Response(empty ? null : Buffer.concat(pieces), { status, headers });
}

function textOf(body: unknown): string {
  return body instanceof URLSearchParams || typeof body === 'string' ? String(body) : '';
}

function failure(url: URL, error: unknown, limitMs: number): NoAnswer {
  if (error instanceof NoAnswer) return error;
  const late = error instanceof Error && ['TimeoutError', 'AbortError'].includes(error.name);
  if (late) return new NoAnswer(`${url.host} did not answer within ${limitMs / 1000} s`, true);
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return new NoAnswer(`${url.host} can't be reached (${code})`, false);
}

function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}
