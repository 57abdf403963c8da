import { Buffer } from 'node:buffer';
import { lookup as systemLookup } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { text } from 'node:stream/consumers';
import { errorMessage } from '../errors.ts';
import { isPublicAddress } from './private-address.ts';

/** What a page may cost. */
export interface PageLimits {
  /** For one page with all its redirects, in milliseconds. */
  readonly timeoutMs: number;
  /** Bytes of a body. */
  readonly maxBytes: number;
  readonly redirects: number;
}

/** 64 KiB: the longest description of the ISPDB has 6 KB. */
export const pageLimits: PageLimits = { timeoutMs: 8_000, maxBytes: 65_536, redirects: 3 };

export interface PageOptions {
  readonly limits?: PageLimits;
  /** Finds the addresses of a name; null: the system's resolver. */
  readonly lookup?: LookupFunction;
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

/** Why a page was not read. */
export class WebRefusal extends Error {
  override readonly name = 'WebRefusal';
}

/**
 * The body of a page in UTF-8. HTTPS only, with a certificate that is valid for the name. The name that the
 * domain's owner chose may be an internal one; where that host redirects to must be public, so that
 * nobody outside makes this program ask an internal host. The address is looked at where the socket is
 * opened: between a look and a connection a name can change.
 * @throws {WebRefusal} it was not there, too long or too slow, or led to where it must not
 */
export async function readPage(address: string, options: PageOptions = {}): Promise<string> {
  const limits = options.limits ?? pageLimits;
  const timeout = AbortSignal.timeout(limits.timeoutMs);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  let url = readUrl(address, undefined);
  for (let redirects = 0; ; redirects += 1) {
    const lookup = redirects === 0 ? options.lookup : publicOnly(options.lookup);
    if (redirects > 0) refuseInternal(url);
    const answer = await ask(url, { signal, lookup, agent: options.agent });
    const status = answer.statusCode ?? 0;
    if (status === 200) return await body(answer, limits.maxBytes, signal);
    answer.destroy();
    const { location } = answer.headers;
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined)
      throw new WebRefusal(status === 404 ? 'not there (404)' : `the server answers ${status}`);
    if (redirects === limits.redirects) throw new WebRefusal(`more than ${limits.redirects} redirects`);
    url = readUrl(location, url);
  }
}

/** @throws {WebRefusal} it is not https */
function readUrl(address: string, base: URL | undefined): URL {
  if (!URL.canParse(address, base?.href)) throw new WebRefusal('it redirects to what is no address');
  const url = new URL(address, base);
  if (url.protocol !== 'https:') throw new WebRefusal(`it redirects to ${url.protocol}, not to https`);
  if (url.username !== '' || url.password !== '') throw new WebRefusal('it redirects with a password');
  return url;
}

/** An address that is written out is not looked up, so the look-up can't refuse it. */
function refuseInternal(url: URL): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isPublicAddress(host))
    throw new WebRefusal(`it redirects to ${host}, an internal address`);
}

/** A look-up that finds only addresses of the internet. */
function publicOnly(lookup: LookupFunction = systemLookup): LookupFunction {
  return (host, options, found) =>
    lookup(host, options, (error, address, family) => {
      const all = typeof address === 'string' ? [address] : (address ?? []).map((each) => each.address);
      const internal = error === null ? all.find((each) => !isPublicAddress(each)) : undefined;
      if (internal === undefined) found(error, address, family);
      else found(new WebRefusal(`it redirects to ${host}, which is ${internal}, an internal address`), '');
    });
}

interface Asking {
  readonly signal: AbortSignal;
  readonly lookup: LookupFunction | undefined;
  readonly agent: Agent | undefined;
}

/** @throws {WebRefusal} no connection, no valid certificate, no answer in time */
function ask(url: URL, { signal, lookup, agent }: Asking): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        agent: agent ?? new Agent({ keepAlive: false }),
        signal,
        ...(lookup === undefined ? {} : { lookup }),
        headers: { accept: 'application/xml, application/json, text/xml', 'user-agent': 'mothball' },
        maxHeaderSize: 16_384,
      },
      resolve,
    );
    sent.once('error', (error) => reject(refusal(error, signal)));
    sent.end();
  });
}

async function body(answer: IncomingMessage, maxBytes: number, signal: AbortSignal): Promise<string> {
  let bytes = 0;
  const bounded = async function* (): AsyncGenerator<Buffer> {
    for await (const piece of answer) {
      const buffer = Buffer.from(piece);
      bytes += buffer.length;
      if (bytes > maxBytes) throw new WebRefusal(`longer than ${maxBytes} bytes`);
      yield buffer;
    }
  };
  try {
    return await text(bounded());
  } catch (error) {
    throw refusal(error, signal);
  } finally {
    answer.destroy();
  }
}

function refusal(error: unknown, signal: AbortSignal): WebRefusal {
  if (error instanceof WebRefusal) return error;
  if (signal.aborted) return new WebRefusal('no answer in time');
  return new WebRefusal(errorMessage(error));
}
