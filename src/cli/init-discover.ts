import { findServer } from '../compose-sources.ts';
import { printable } from '../domain/printable.ts';
import { MothballError } from '../errors.ts';
import type { CommonOptions, Context } from './context.ts';
import type { InitFlags } from './init-answers.ts';

export interface DiscoverFlags {
  /** The address whose server is looked up. */
  readonly discover?: string;
  readonly dns?: readonly string[];
}

/**
 * The options, with what was found of the server of `--discover`; what is given counts before what was
 * found. @throws `usage` when nothing was found, or a password would go to a host that may be a stranger's
 */
export async function withDiscovery<T extends CommonOptions & InitFlags & DiscoverFlags>(
  context: Context,
  options: T,
): Promise<T & InitFlags> {
  const { discover: address, dns = [] } = options;
  if (address === undefined) return options;
  const { io, signal } = context;
  const { server } = await findServer(address, { nameServers: dns, signal });
  if (server === null)
    throw refused(
      `no IMAP server was found for ${printable(address)}`,
      `\`mothball discover ${printable(address)}\` shows what was asked; give --host if you know the server`,
    );
  const { host, port, tls, profile, signIn, source } = server;
  if (signIn.length === 1 && signIn[0] === 'oauth2')
    throw refused(
      `${host} takes no passwords, only OAuth 2`,
      `\`mothball discover ${printable(address)}\` prints its entry; docs/sign-in.md has the steps`,
    );
  io.err(`${host}, port ${port}, ${tls}: found in ${printable(source)}`);
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1).toLowerCase();
  // RFC 6186 §6: who can forge an answer of DNS can name a server of theirs.
  const foreign = profile === 'generic' && host !== domain && !host.endsWith(`.${domain}`);
  if (foreign && options.host === undefined) {
    const question = `${host} is outside of ${printable(domain)}. Is it the right server?`;
    if (options.yes === true || !io.interactive || !(await io.confirm(question)))
      throw refused(
        `${host} is outside of ${printable(domain)}`,
        `Give --host ${host} if it is the right server`,
      );
  }
  const user = { address, 'local part': address.slice(0, at), other: undefined }[server.user];
  return { host, port: String(port), tls, ...(user === undefined ? {} : { user }), ...options };
}

function refused(fact: string, remedy: string): MothballError {
  return new MothballError({ fact, notDone: 'nothing was written', remedy }, { code: 'usage' });
}
