import { createHash } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { ImapFlow } from 'imapflow';
import { MothballError } from '../errors.ts';

/** SHA-256 of the certificate whose key the handshake has proved, in lower-case hex; null: none. */
function fingerprintOf(socket: TLSSocket): string | null {
  const { raw } = socket.getPeerCertificate();
  // Without a certificate the object is empty, whatever its type says.
  return raw instanceof Buffer ? createHash('sha256').update(raw).digest('hex') : null;
}

/** Whether it talks TLS now. */
export function isEncrypted(client: ImapFlow): boolean {
  const socket: unknown = Reflect.get(client, 'socket');
  return typeof socket === 'object' && socket !== null && Reflect.get(socket, 'encrypted') === true;
}

/**
 * Where the certificate itself is trusted, TLS let any through: it is compared at every command, so
 * that nothing is sent over an encrypted socket to another server.
 */
export class TrustedCertificate {
  readonly #who: string;
  readonly #fingerprints: readonly string[];
  /** The socket whose certificate is the right one. */
  #known: unknown = null;

  /** `fingerprints`: SHA-256 in hex; empty: TLS itself has verified the certificate. */
  constructor({ who, fingerprints }: { readonly who: string; readonly fingerprints: readonly string[] }) {
    this.#who = who;
    this.#fingerprints = fingerprints;
  }

  /** Closes the connection when it is another one. @throws `refused` then. */
  require(client: ImapFlow): void {
    const socket: unknown = Reflect.get(client, 'socket');
    if (this.#fingerprints.length === 0 || socket === this.#known || !isEncrypted(client)) return;
    const found = socket instanceof TLSSocket ? fingerprintOf(socket) : null;
    if (found !== null && this.#fingerprints.includes(found)) {
      this.#known = socket;
      return;
    }
    client.close();
    throw new MothballError(
      {
        fact: `${this.#who}: the server's certificate is not the one of tls.fingerprint (its SHA-256 is ${found ?? 'unknown'})`,
        notDone: 'no login was sent',
        remedy:
          "If the certificate was renewed, compare this with what the server's administrator says, and put it into mothball.yaml",
      },
      { code: 'refused' },
    );
  }
}
