import { XMLParser } from 'fast-xml-parser';
import type { DiscoveredServer, DiscoveredSignIn, DiscoveredUser } from '../domain/discovered.ts';
import { profileOfHost } from '../domain/profiles.ts';

// No entities: a description has none, and expanding them is how a short text becomes a long one.
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  isArray: (name) => ['incomingServer', 'emailProvider', 'authentication'].includes(name),
});

/**
 * The IMAP server of a description in Mozilla's autoconfig format, the encrypted ones in their order; null
 * where it names none that is encrypted.
 * @throws when the text is no such description
 */
export function serverOfAutoconfig(xml: string, source: string): DiscoveredServer | null {
  const document: unknown = parser.parse(xml, true);
  const provider = items(child(child(document, 'clientConfig'), 'emailProvider'))[0];
  if (provider === undefined) throw new Error('it has no <emailProvider>');
  for (const entry of items(child(provider, 'incomingServer'))) {
    if (textOf(child(entry, '@type')).toLowerCase() !== 'imap') continue;
    const host = textOf(child(entry, 'hostname')).toLowerCase();
    const port = Number(textOf(child(entry, 'port')));
    const socket = textOf(child(entry, 'socketType')).toUpperCase();
    // What is written there goes into a configuration: a host name, a port, and nothing else.
    if (!isHostName(host) || !Number.isInteger(port) || port < 1 || port > 65_535) continue;
    if (socket !== 'SSL' && socket !== 'STARTTLS') continue;
    return {
      host,
      port,
      tls: socket === 'SSL' ? 'implicit' : 'starttls',
      user: userOf(textOf(child(entry, 'username'))),
      signIn: items(child(entry, 'authentication')).flatMap((each) => signInOf(textOf(each))),
      profile: profileOfHost(host)?.name ?? 'generic',
      source,
    };
  }
  return null;
}

/** A name of letters, digits and hyphens with at least one dot (RFC 952, RFC 1123 §2.1). */
export function isHostName(text: string): boolean {
  return (
    text.length <= 253 &&
    /^(?=.*[a-z])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text)
  );
}

function userOf(text: string): DiscoveredUser {
  if (text === '%EMAILADDRESS%' || text === '%EMAILLOCALPART%@%EMAILDOMAIN%') return 'address';
  return text === '%EMAILLOCALPART%' ? 'local part' : 'other';
}

function signInOf(name: string): readonly DiscoveredSignIn[] {
  if (name === 'OAuth2') return ['oauth2'];
  return name.startsWith('password-') ? ['password'] : [];
}

function child(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

function items(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** An element with attributes has its text apart. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  const inner = child(value, '#text');
  return typeof inner === 'string' ? inner.trim() : '';
}
