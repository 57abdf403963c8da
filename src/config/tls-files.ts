import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { errorMessage, MothballError } from '../errors.ts';
import type { TlsFiles } from './settings.ts';

/** The certificate and key of a listener. @throws `config` when they can't be used. */
export async function readTls({
  certFile,
  keyFile,
}: TlsFiles): Promise<{ readonly cert: string; readonly key: string }> {
  try {
    const pair = { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
    createSecureContext(pair);
    return pair;
  } catch (error) {
    throw new MothballError(
      {
        fact: `the certificate ${certFile} with the key ${keyFile} can't be used (${errorMessage(error)})`,
        remedy: 'Put a certificate chain and its key there, both in PEM',
      },
      { code: 'config', cause: error },
    );
  }
}
