import { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import type { AccountSourceConfig } from '../config/account-sources.ts';
import type { SourceRow } from '../domain/account-list.ts';
import { errorMessage, MothballError } from '../errors.ts';
import { answerMs, maxBytes, requireBytes, requireRows } from './bounds.ts';
import { recordOf } from './files.ts';

type HttpConfig = Extract<AccountSourceConfig, { type: 'http' }>;

/** Pages of one list. */
const maxPages = 10_000;

/** Every page of a list in JSON. The next page must be on the same host: the token goes along. */
export async function httpRows(config: HttpConfig, signal: AbortSignal): Promise<readonly SourceRow[]> {
  const token = await config.token?.read();
  const headers = {
    accept: 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const rows: SourceRow[] = [];
  const seen = new Set<string>();
  let bytes = 0;
  for (let url: string | null = config.url; url !== null;) {
    if (seen.has(url) || seen.size === maxPages) throw unusable('its pages lead in a circle');
    seen.add(url);
    const { body, link } = await request(url, { headers, caFile: config.caFile, signal });
    bytes += body.length;
    requireBytes(bytes);
    const answer = parsedJson(body);
    const items = at(answer, config.items);
    if (!Array.isArray(items)) throw unusable(`there is no list at "${config.items}" in the answer`);
    for (const item of items) rows.push(typeof item === 'string' ? { user: item } : recordOf(item));
    requireRows(rows.length);
    url = nextOf(url, config, answer, link);
  }
  return rows;
}

function nextOf(url: string, config: HttpConfig, answer: unknown, link: string): string | null {
  const named = config.next === null ? undefined : at(answer, config.next);
  const linked = /<([^>]+)>\s*;[^,]*\brel="?next\b/.exec(link)?.[1];
  const next = typeof named === 'string' && named !== '' ? named : linked;
  if (next === undefined) return null;
  if (!URL.canParse(next, url)) throw unusable('its next page has no URL');
  const target = new URL(next, url);
  if (target.origin !== new URL(url).origin) throw unusable('its next page is on another host');
  return target.href;
}

export interface Question {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly caFile: string | null;
  readonly signal: AbortSignal;
  /** For the whole answer, in milliseconds; default: as for a page. */
  readonly withinMs?: number;
}

/** One request. Redirects are not followed: they would take the secret along. */
export async function request(
  address: string,
  { headers, body, caFile, signal, withinMs = answerMs }: Question,
): Promise<{ readonly body: string; readonly link: string }> {
  const url = new URL(address);
  const options: RequestOptions = {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
    signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs)]),
    ...(caFile === null ? {} : { ca: await readFile(caFile) }),
  };
  // Loaded when it is needed: every command starts a tenth faster without it.
  const { request: send } =
    url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    send(url, options, resolve).once('error', reject).end(body);
  });
  const { statusCode = 0 } = answer;
  if (statusCode === 200)
    return { body: await text(bounded(answer)), link: String(answer.headers['link'] ?? '') };
  answer.destroy();
  throw new MothballError(
    {
      fact: `${url.host} answers ${statusCode}`,
      ...([401, 403].includes(statusCode) ? { remedy: 'Check the token or password' } : {}),
    },
    { code: [401, 403].includes(statusCode) ? 'auth' : 'connect', retryable: statusCode >= 500 },
  );
}

async function* bounded(answer: IncomingMessage): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of answer) {
    const buffer = Buffer.from(piece);
    bytes += buffer.length;
    if (bytes > maxBytes) throw unusable(`it is longer than ${maxBytes} bytes`);
    yield buffer;
  }
}

export function parsedJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw unusable(`the answer is not JSON (${errorMessage(error)})`);
  }
}

/** A value by a path such as `data.users`; empty: the whole. */
function at(value: unknown, path: string): unknown {
  return path === '' ? value : path.split('.').reduce<unknown>((inner, key) => recordOf(inner)[key], value);
}

export function unusable(fact: string): MothballError {
  return new MothballError({ fact }, { code: 'config' });
}
