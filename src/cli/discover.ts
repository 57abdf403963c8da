import { findServer } from '../compose-sources.ts';
import type { DiscoveredServer, Discovery } from '../domain/discovered.ts';
import { printable } from '../domain/printable.ts';
import { MothballError } from '../errors.ts';
import { type CommonOptions, type Context, printJson } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';

export type DiscoverOptions = CommonOptions & { readonly dns?: readonly string[] };

/** Prints what mothball.yaml needs for the server of an address. Reads and writes no configuration. */
export async function discover(
  context: Context,
  [address = '']: readonly string[],
  { dns = [] }: DiscoverOptions,
): Promise<ExitCode> {
  const { io, options, signal } = context;
  const found = await findServer(address, { nameServers: dns, signal });
  if (options.json === true) printJson(io, 'discover', { address, ...found });
  else if (found.server === null) io.err(nothingFound(address, found));
  else io.out(entryOf(address, found.server, found));
  return found.server === null ? exit.failure : exit.ok;
}

function nothingFound(address: string, { steps }: Discovery): string {
  const fact = `no IMAP server was found for ${printable(address)}`;
  const remedy = 'Ask the provider for the name of its IMAP server, and write it under "servers"';
  const asked = steps.map(({ source, result }) => `  ${source}: ${printable(result)}`);
  return `error: ${new MothballError({ fact, remedy }, { code: 'missing' }).message}\n${asked.join('\n')}`;
}

/** Part of a mothball.yaml, with the reasons as comments. */
export function entryOf(address: string, server: DiscoveredServer, { steps }: Discovery): string {
  const name = nameOf(address);
  const { host, port, tls, profile } = server;
  const silent = steps.filter(({ result }) => result !== 'found');
  return [
    `# ${printable(address)}: found in ${printable(server.source)}`,
    ...silent.map((step) => `#   ${step.source}: ${printable(step.result)}`),
    ...notes(address, server).map((line) => `# ${line}`),
    'servers:',
    `  ${name}: ${flow({ host, port, tls, ...(profile === 'generic' ? {} : { profile }) })}`,
    'accounts:',
    `  - ${flow({ user: loginOf(address, server), server: name, ...signInOf(address, server) })}`,
  ].join('\n');
}

interface Mapping {
  readonly [key: string]: string | number | Mapping;
}

/** A mapping on one line (YAML 1.2 §7.4.2); a string is quoted unless it is a plain word. */
function flow(mapping: Mapping): string {
  const pairs = Object.entries(mapping).map(([key, value]) => {
    if (typeof value === 'object') return `${key}: ${flow(value)}`;
    const plain = typeof value === 'number' || /^[A-Za-z./][A-Za-z0-9./_-]*$/.test(value);
    return `${key}: ${plain ? value : JSON.stringify(value)}`;
  });
  return `{ ${pairs.join(', ')} }`;
}

/** The first word of the domain: `main` where it gives none. */
function nameOf(address: string): string {
  const [word = ''] = address.slice(address.lastIndexOf('@') + 1).split('.');
  return word.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '') || 'main';
}

function loginOf(address: string, { user }: DiscoveredServer): string {
  return user === 'local part' ? address.slice(0, address.lastIndexOf('@')) : address;
}

function fileOf(address: string, kind: string): string {
  return `./${address.slice(0, address.lastIndexOf('@')).replaceAll(/[^A-Za-z0-9._-]+/g, '_')}.${kind}`;
}

/** The first way to sign in that the server takes; a password where nothing is known. */
function signInOf(address: string, { profile }: DiscoveredServer): Mapping {
  if (profile !== 'microsoft365') return { passwordFile: fileOf(address, 'password') };
  const clientId = 'CLIENT-ID';
  const refreshTokenFile = fileOf(address, 'refresh-token');
  return {
    auth: { type: 'oauth2', grant: 'refreshToken', provider: 'microsoft', clientId, refreshTokenFile },
  };
}

function notes(address: string, server: DiscoveredServer): readonly string[] {
  const { signIn, host, user, profile } = server;
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  const foreign = host !== domain && !host.endsWith(`.${domain}`);
  return [
    ...(profile === 'generic' ? [] : [`Steps in the provider's console: docs/servers.md, "${profile}".`]),
    ...(signIn.includes('app password')
      ? [
          'The file holds an app password, which the provider makes for one program; OAuth 2 may be possible too.',
        ]
      : []),
    ...(signIn.length === 1 && signIn[0] === 'oauth2'
      ? ['It takes no passwords, OAuth 2 only: CLIENT-ID is that of the application you register there.']
      : []),
    ...(user === 'other' ? ['The login name is not the address: ask the provider for it.'] : []),
    // RFC 6186 §6: who can forge an answer of DNS can name a server of theirs.
    ...(foreign && profile === 'generic'
      ? [`${host} is outside of ${printable(domain)}: use it only if you know that it is the right server.`]
      : []),
  ];
}
