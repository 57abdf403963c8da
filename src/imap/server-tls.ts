import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { checkServerIdentity, type ConnectionOptions, type PeerCertificate } from 'node:tls';
import type { ServerConfig } from '../config/config.ts';
import { MothballError } from '../errors.ts';
import { errorField } from './imap-errors.ts';

/**
 * How the certificate of a server is verified: by its issuer and the name of the host; with
 * `servername` by that name instead. With fingerprints nothing but the certificate itself counts, and
 * `GuardedClient` compares it before a command is sent: its key is proved by the handshake, so that
 * issuer, name and dates add nothing. @throws `config`.
 */
export async function tlsOptions(
  who: string,
  { caFile, servername, fingerprints }: ServerConfig,
): Promise<ConnectionOptions> {
  const ca = caFile === null ? {} : { ca: await readCa(who, caFile) };
  // SNI has no addresses (RFC 6066 §3).
  const sni = servername === null || isIP(servername) > 0 ? {} : { servername };
  if (fingerprints.length > 0) return { ...sni, rejectUnauthorized: false };
  const named =
    servername === null
      ? {}
      : {
          checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
            checkServerIdentity(servername, certificate),
        };
  return { ...ca, ...sni, ...named, rejectUnauthorized: true };
}

async function readCa(who: string, file: string): Promise<string> {
  let pem = '';
  try {
    pem = await readFile(file, 'utf8');
  } catch (error) {
    throw new MothballError(
      {
        fact: `${who}: can't read caFile ${file} (${errorField(error, 'code')})`,
        notDone: 'nothing was sent',
      },
      {
        code: 'config',
        cause: error,
      },
    );
  }
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new MothballError(
    { fact: `${who}: caFile ${file} holds no PEM certificate`, notDone: 'nothing was sent' },
    {
      code: 'config',
    },
  );
}
