import type { DiscoveredServer } from '../domain/discovered.ts';
import { isHostName } from './autoconfig.ts';

/** Hosts of Exchange Online in the answer of Autodiscover v2. */
const exchangeOnline = new Map([
  ['outlook.office365.com', 'outlook.office365.com'],
  ['outlook.office.com', 'outlook.office365.com'],
  ['outlook.office365.us', 'outlook.office365.us'],
  ['partner.outlook.cn', 'partner.outlook.cn'],
]);

/** The question to Microsoft whether a domain is in Exchange Online; it names the domain, no mailbox. */
export function autodiscoverUrl(domain: string): string {
  return `https://outlook.office365.com/autodiscover/autodiscover.json/v1.0/autodiscover@${domain}?Protocol=ActiveSync`;
}

/**
 * What the answer says: a server of Exchange Online, or the host of an Exchange server elsewhere, which may
 * or may not offer IMAP.
 * @throws when the text is no such answer
 */
export function serverOfAutodiscover(json: string, source: string): DiscoveredServer | { host: string } {
  const answer: unknown = JSON.parse(json);
  const address: unknown =
    typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'Url') : undefined;
  if (typeof address !== 'string' || !URL.canParse(address)) throw new Error('it names no address');
  const host = new URL(address).hostname.toLowerCase();
  if (!isHostName(host)) throw new Error('it names no host');
  const online = exchangeOnline.get(host);
  if (online === undefined) return { host };
  return {
    host: online,
    port: 993,
    tls: 'implicit',
    user: 'address',
    signIn: ['oauth2'],
    profile: 'microsoft365',
    source,
  };
}
