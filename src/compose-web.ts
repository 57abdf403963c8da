import type { Listener } from './config/settings.ts';
import { readTls } from './config/tls-files.ts';
import type { MailText } from './web/mail/mail-text.ts';
import type { WebOptions, WebServer } from './web/server.ts';

/** A web server on this address. @throws `connect` when it can't listen there, `config` without its certificate. */
export async function openWeb(
  { host, port, tls }: Listener,
  parts: Omit<WebOptions, 'host' | 'port' | 'tls'>,
): Promise<WebServer> {
  // The web framework costs as much memory as everything else: only where something is served.
  const { startWeb } = await import('./web/server.ts');
  return startWeb({ host, port, tls: tls === null ? null : await readTls(tls), ...parts });
}

/** The files of its certificate may have changed. @throws `config` when they can't be used. */
export async function renewWeb(server: WebServer, { tls }: Listener): Promise<void> {
  if (tls !== null) server.renew(await readTls(tls));
}

/** A message as text that may be shown, made in a separate thread. Never throws. */
export async function textOfMessage(message: Uint8Array): Promise<MailText> {
  // Only where a message is read.
  const { readText } = await import('./web/mail/read-text.ts');
  return await readText(message);
}
