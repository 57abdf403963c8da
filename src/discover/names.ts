import type { Resolver } from 'node:dns/promises';
import type { DiscoveredServer } from '../domain/discovered.ts';
import { profileOfHost, profiles } from '../domain/profiles.ts';
import { errorMessage } from '../errors.ts';
import { isHostName } from './autoconfig.ts';

/** Services by RFC 8314 §5.1 and RFC 6186 §3.2: what is encrypted from its first byte comes first. */
const services = [
  { name: '_imaps._tcp', tls: 'implicit' },
  { name: '_imap._tcp', tls: 'starttls' },
] as const;

/** What the SRV records of a domain name, or why they name nothing. */
export async function serverOfRecords(
  resolver: Resolver,
  domain: string,
): Promise<DiscoveredServer | string> {
  const reasons: string[] = [];
  for (const { name, tls } of services) {
    const query = `${name}.${domain}`;
    try {
      const records = await resolver.resolveSrv(query);
      // RFC 2782: the lowest priority, then the highest weight.
      const [best] = records.toSorted((a, b) => a.priority - b.priority || b.weight - a.weight);
      const host = best?.name.toLowerCase().replace(/\.$/, '') ?? '';
      // RFC 6186 §3.4: "." says that the service is not there.
      if (best === undefined || host === '') reasons.push(`${query}: it says that there is none`);
      else if (!isHostName(host) || best.port < 1) reasons.push(`${query}: it names no host`);
      else return found(host, best.port, tls, query);
    } catch (error) {
      reasons.push(`${query}: ${dnsReason(error)}`);
    }
  }
  return reasons.join('; ');
}

function found(host: string, port: number, tls: DiscoveredServer['tls'], query: string): DiscoveredServer {
  const profile = profileOfHost(host)?.name ?? 'generic';
  const signIn = profile === 'generic' ? [] : profiles[profile].signIn.filter((way) => way !== 'master user');
  return { host, port, tls, user: 'address', signIn, profile, source: `the SRV record ${query}` };
}

/** Names of the mail exchangers of a domain, the first choice first; or why there are none. */
export async function exchangersOf(resolver: Resolver, domain: string): Promise<readonly string[] | string> {
  try {
    const records = await resolver.resolveMx(domain);
    const names = records
      .toSorted((a, b) => a.priority - b.priority)
      .map(({ exchange }) => exchange.toLowerCase().replace(/\.$/, ''));
    return names.filter((name) => isHostName(name));
  } catch (error) {
    return dnsReason(error);
  }
}

function dnsReason(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  switch (code) {
    case 'ENOTFOUND':
    case 'ENODATA':
      return 'no record';
    case 'ETIMEOUT':
      return 'the name server does not answer';
    case 'ECONNREFUSED':
      return 'no name server answers';
    case 'ESERVFAIL':
      return 'the name server failed';
    default:
      return errorMessage(error);
  }
}
