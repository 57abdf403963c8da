import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpacked } from './unpacked.ts';

/** Name of the socket that Courier asks about logins, in the directory where it was started. */
export const loginSocket = 'auth';

/** Root of an unpacked Courier IMAP 5.0.13, which asks `loginSocket` about logins. */
export function courierPackages(): Promise<string> {
  return unpacked({
    name: 'courier',
    program: 'usr/bin/imapd',
    packages: [
      'courier-imap',
      'courier-base',
      'courier-authlib',
      'libcourier-unicode4',
      // It watches the locks of a Maildir.
      'gamin',
      'libgamin0',
      'libgdbm6',
      'libidn12',
    ],
    finish: moveLoginSocket,
  });
}

/**
 * The path /run/courier/authdaemon/socket is fixed in the library. There can be only one, and only
 * root could make it; a relative path of the same length gives each server its own.
 */
async function moveLoginSocket(tree: string): Promise<void> {
  const file = join(tree, 'usr/lib/libcourierauth.so.0.0.0');
  const library = await readFile(file);
  const at = library.indexOf(inHalves('/run/courier/authdaemon/socket'));
  if (at < 0) throw new Error(`no path of the login socket in ${file}`);
  library.write(inHalves(loginSocket.padStart(30, './')), at, 'latin1');
  await writeFile(file, library);
}

/** As the compiler stored the 31 bytes of the path: two of 16 bytes, the 16th byte in both. */
function inHalves(path: string): string {
  return `${path.slice(0, 16)}${path.slice(15)}\0`;
}
