import { profileOfHost } from '../domain/profiles.ts';
import type { DiscoveredServer, DiscoveredSignIn, DiscoveredTls } from '../domain/discovered.ts';

/** A big provider: its own domains, and the mail exchangers (MX) of the domains that it hosts. */
interface Provider {
  readonly host: string;
  readonly domains: readonly string[];
  /** Ends of the names of mail exchangers. */
  readonly exchangers: readonly string[];
  readonly signIn: readonly DiscoveredSignIn[];
  readonly port?: number;
  readonly tls?: DiscoveredTls;
}

/** From the providers' own help pages; docs/servers.md has a section for those with a profile. */
const providers: readonly Provider[] = [
  {
    host: 'imap.gmail.com',
    domains: ['gmail.com', 'googlemail.com'],
    exchangers: ['.google.com', '.googlemail.com'],
    signIn: ['oauth2', 'app password'],
  },
  {
    host: 'outlook.office365.com',
    domains: ['outlook.com', 'hotmail.com', 'live.com', 'msn.com'],
    exchangers: ['.mail.protection.outlook.com', '.mx.microsoft', '.olc.protection.outlook.com'],
    signIn: ['oauth2'],
  },
  {
    host: 'imap.mail.yahoo.com',
    domains: ['yahoo.com', 'yahoo.de', 'yahoo.fr', 'yahoo.co.uk', 'ymail.com', 'rocketmail.com'],
    exchangers: ['.yahoodns.net'],
    signIn: ['app password', 'oauth2'],
  },
  {
    host: 'imap.aol.com',
    domains: ['aol.com', 'aim.com'],
    exchangers: [],
    signIn: ['app password', 'oauth2'],
  },
  {
    host: 'imap.mail.me.com',
    domains: ['icloud.com', 'me.com', 'mac.com'],
    exchangers: ['.mail.icloud.com'],
    signIn: ['app password'],
  },
  {
    host: 'imap.fastmail.com',
    domains: ['fastmail.com', 'fastmail.fm'],
    exchangers: ['.messagingengine.com'],
    signIn: ['app password', 'oauth2'],
  },
  { host: 'imap.zoho.com', domains: ['zoho.com'], exchangers: ['.zoho.com'], signIn: ['app password'] },
  { host: 'imap.zoho.eu', domains: ['zoho.eu'], exchangers: ['.zoho.eu'], signIn: ['app password'] },
  {
    host: 'imap.gmx.net',
    domains: ['gmx.net', 'gmx.de', 'gmx.at', 'gmx.ch'],
    exchangers: [],
    signIn: ['password'],
  },
  { host: 'imap.gmx.com', domains: ['gmx.com', 'gmx.us'], exchangers: [], signIn: ['password'] },
  { host: 'imap.web.de', domains: ['web.de'], exchangers: [], signIn: ['password'] },
  { host: 'imap.mailbox.org', domains: ['mailbox.org'], exchangers: ['.mailbox.org'], signIn: ['password'] },
  { host: 'posteo.de', domains: ['posteo.de', 'posteo.net'], exchangers: [], signIn: ['password'] },
  { host: 'secureimap.t-online.de', domains: ['t-online.de'], exchangers: [], signIn: ['app password'] },
  { host: 'imap.ionos.com', domains: [], exchangers: ['.ionos.com', '.1and1.com'], signIn: ['password'] },
  { host: 'imap.ionos.de', domains: [], exchangers: ['.ionos.de', '.kundenserver.de'], signIn: ['password'] },
  {
    host: 'imap.yandex.com',
    domains: ['yandex.com', 'yandex.ru'],
    exchangers: ['.yandex.net'],
    signIn: ['app password', 'oauth2'],
  },
  {
    host: 'imap.mail.ru',
    domains: ['mail.ru', 'bk.ru', 'inbox.ru', 'list.ru'],
    exchangers: ['.mail.ru'],
    signIn: ['app password', 'oauth2'],
  },
  { host: 'mail.gandi.net', domains: [], exchangers: ['.mail.gandi.net'], signIn: ['password'] },
  { host: 'imap.migadu.com', domains: [], exchangers: ['.migadu.com'], signIn: ['password'] },
  { host: 'ssl0.ovh.net', domains: [], exchangers: ['.mail.ovh.net'], signIn: ['password'] },
  { host: 'imap.orange.fr', domains: ['orange.fr', 'wanadoo.fr'], exchangers: [], signIn: ['password'] },
  { host: 'imap.free.fr', domains: ['free.fr'], exchangers: [], signIn: ['password'] },
  { host: 'imap.laposte.net', domains: ['laposte.net'], exchangers: [], signIn: ['password'] },
  { host: 'imap.libero.it', domains: ['libero.it'], exchangers: [], signIn: ['password'] },
  { host: 'imap.comcast.net', domains: ['comcast.net'], exchangers: [], signIn: ['password'] },
  { host: 'imap.wp.pl', domains: ['wp.pl'], exchangers: [], signIn: ['password'] },
  {
    host: 'imap.seznam.cz',
    domains: ['seznam.cz', 'email.cz'],
    exchangers: ['.seznam.cz'],
    signIn: ['password'],
  },
  {
    host: '127.0.0.1',
    port: 1143,
    tls: 'starttls',
    domains: ['proton.me', 'protonmail.com', 'pm.me'],
    exchangers: ['.protonmail.ch'],
    signIn: ['password'],
  },
];

/** The provider whose own domain this is. */
export function providerOf(domain: string): DiscoveredServer | null {
  const found = providers.find(({ domains }) => domains.includes(domain));
  return found === undefined ? null : serverOf(found, `a table of providers (${domain})`);
}

/** The provider that takes mail for a domain, by the names of its mail exchangers. */
export function providerOfExchangers(exchangers: readonly string[]): DiscoveredServer | null {
  for (const name of exchangers.map((each) => each.toLowerCase())) {
    const found = providers.find((each) => each.exchangers.some((end) => name.endsWith(end)));
    if (found !== undefined) return serverOf(found, `a table of providers (its mail goes to ${name})`);
  }
  return null;
}

function serverOf({ host, port, tls, signIn }: Provider, source: string): DiscoveredServer {
  const bridge = host === '127.0.0.1';
  return {
    host,
    port: port ?? 993,
    tls: tls ?? 'implicit',
    user: 'address',
    signIn,
    profile: bridge ? 'proton-bridge' : (profileOfHost(host)?.name ?? 'generic'),
    source,
  };
}
