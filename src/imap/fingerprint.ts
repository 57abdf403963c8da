import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { ImapFlow } from 'imapflow';

/** SHA-256 of the certificate whose key the handshake has proved, in lower-case hex; null: none. */
export function fingerprintOf(socket: TLSSocket): string | null {
  const { raw } = socket.getPeerCertificate();
  // Without a certificate the object is empty, whatever its type says.
  return raw instanceof Buffer ? createHash('sha256').update(raw).digest('hex') : null;
}

/** Whether it talks TLS now. */
export function isEncrypted(client: ImapFlow): boolean {
  const socket: unknown = Reflect.get(client, 'socket');
  return typeof socket === 'object' && socket !== null && Reflect.get(socket, 'encrypted') === true;
}
