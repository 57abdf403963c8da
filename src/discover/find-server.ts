/**
 * `discover/`: which IMAP server an address has, asked of DNS and of the pages that publish it. Only
 * for the command of this name and for `init`: a run never asks.
 * `web.ts` reads a page safely, `names.ts` asks DNS, `autoconfig.ts` and `autodiscover.ts` read what
 * Mozilla's and Microsoft's formats say, `providers.ts` is the table of big providers.
 * May import `domain`; fast-xml-parser is known here only.
 */
import { Resolver } from 'node:dns/promises';
import { domainToASCII } from 'node:url';
import type { DiscoveredServer, Discovery, DiscoveryStep } from '../domain/discovered.ts';
import { errorMessage, MothballError } from '../errors.ts';
import { isHostName, serverOfAutoconfig } from './autoconfig.ts';
import { autodiscoverUrl, serverOfAutodiscover } from './autodiscover.ts';
import { exchangersOf, serverOfRecords } from './names.ts';
import { providerOf, providerOfExchangers } from './providers.ts';
import { readPage, type PageOptions } from './web.ts';

export interface FindServerOptions {
  /** Addresses of name servers, such as `127.0.0.1:5353`; empty: those of the system. */
  readonly nameServers?: readonly string[];
  readonly web?: PageOptions;
  readonly signal?: AbortSignal;
}

/** For one DNS question, in milliseconds, and how often it is sent. */
const dnsPatience = { timeout: 3_000, tries: 2 };

/**
 * Asks, in this order and until one source names a server with encryption: SRV records (RFC 6186, RFC 8314),
 * the domain's own autoconfig pages, Mozilla's database of providers (ISPDB), the mail exchangers against
 * a table of big providers, Microsoft's Autodiscover v2, and the same table by domain.
 * @throws {MothballError} `usage`: it is no address
 */
export async function findServer(address: string, options: FindServerOptions = {}): Promise<Discovery> {
  const domain = domainOf(address);
  const resolver = new Resolver(dnsPatience);
  if (options.nameServers !== undefined && options.nameServers.length > 0)
    resolver.setServers(options.nameServers);
  const { signal } = options;
  const web = { ...(signal === undefined ? {} : { signal }), ...options.web };
  const asked = { domain, resolver, web };
  const steps: DiscoveryStep[] = [];
  for (const { source, ask } of sources(domain, address)) {
    signal?.throwIfAborted();
    const result = await answer(ask, asked);
    steps.push({ source, result: typeof result === 'string' ? result : 'found' });
    if (typeof result !== 'string') return { server: result, steps };
  }
  return { server: null, steps };
}

/** @throws {MothballError} `usage` */
function domainOf(address: string): string {
  const [, local = '', written = ''] = /^([^\s@]{1,64})@([^\s@]{1,253})$/.exec(address) ?? [];
  const domain = domainToASCII(written).toLowerCase();
  if (local !== '' && isHostName(domain)) return domain;
  throw new MothballError(
    { fact: 'it is not a mail address', remedy: 'Give one like alice@example.com' },
    { code: 'usage' },
  );
}

interface Asked {
  readonly domain: string;
  readonly resolver: Resolver;
  readonly web: PageOptions;
}

/** A server, or why there is none. */
type Ask = (asked: Asked) => Promise<DiscoveredServer | string>;

interface Source {
  readonly source: string;
  readonly ask: Ask;
}

function sources(domain: string, address: string): readonly Source[] {
  const mail = encodeURIComponent(address);
  return [
    { source: 'SRV records', ask: ({ resolver }) => serverOfRecords(resolver, domain) },
    autoconfig(`https://autoconfig.${domain}/mail/config-v1.1.xml?emailaddress=${mail}`),
    autoconfig(`https://${domain}/.well-known/autoconfig/mail/config-v1.1.xml`),
    autoconfig(`https://autoconfig.thunderbird.net/v1.1/${domain}`),
    { source: 'mail exchangers', ask: byExchangers },
    { source: 'Autodiscover of Microsoft', ask: byAutodiscover },
    {
      source: 'table of providers',
      ask: () => Promise.resolve(providerOf(domain) ?? 'the domain is not in it'),
    },
  ];
}

function autoconfig(url: string): Source {
  const { host, pathname } = new URL(url);
  const source = `https://${host}${pathname}`;
  return {
    source,
    ask: async ({ web }) =>
      serverOfAutoconfig(await readPage(url, web), source) ?? 'it names no IMAP server with TLS',
  };
}

async function byExchangers({ resolver, domain }: Asked): Promise<DiscoveredServer | string> {
  const exchangers = await exchangersOf(resolver, domain);
  if (typeof exchangers === 'string') return exchangers;
  return providerOfExchangers(exchangers) ?? `no known provider: ${exchangers.join(', ')}`;
}

async function byAutodiscover({ domain, web }: Asked): Promise<DiscoveredServer | string> {
  const found = serverOfAutodiscover(
    await readPage(autodiscoverUrl(domain), web),
    'Autodiscover of Microsoft',
  );
  if ('port' in found) return found;
  return `it names ${found.host}, an Exchange server: ask its administrator whether it offers IMAP`;
}

/** A source that fails is a source without an answer. */
async function answer(ask: Ask, asked: Asked): Promise<DiscoveredServer | string> {
  try {
    return await ask(asked);
  } catch (error) {
    asked.web.signal?.throwIfAborted();
    return errorMessage(error);
  }
}
