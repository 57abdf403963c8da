import { readFile } from 'node:fs/promises';
import type { MailReportConfig } from '../config/settings.ts';
import { printable } from '../domain/printable.ts';
import { errorMessage, MothballError } from '../errors.ts';
import type { Delivery, ReportMessage } from '../ports/delivery.ts';

const connectMs = 20_000;
const silenceMs = 30_000;
/** For the whole of it: a server that answers slowly must not hold the report for ever. */
const timeLimitMs = 60_000;
/** Words of the server in an error, in UTF-16 units. */
const longestWords = 200;

/** Sends the report as mail with a plain and an HTML part. Chosen TLS is mandatory, and verified. */
export function mailDelivery(config: MailReportConfig): Delivery {
  const place = `${config.host}:${config.port}`;
  return {
    channel: 'mail',
    to: `${config.to.join(', ')} by ${place}`,
    async send(message, signal) {
      const limit = AbortSignal.timeout(timeLimitMs);
      const password = await config.login?.password.read();
      const ca = config.caFile === null ? null : await readAuthority(config.caFile);
      try {
        const transport = await open(config, { password, ca });
        const sent = await transport.sendMail({
          ...mailOf(config, message),
          signal: AbortSignal.any([signal, limit]),
        });
        const refused = sent.rejected.map((address) => printable(address));
        return refused.length === 0 ? null : `${place} refused these recipients: ${refused.join(', ')}`;
      } catch (error) {
        throw failureOf(place, error, limit.aborted);
      }
    },
  };
}

interface Opened {
  readonly password: string | undefined;
  readonly ca: string | null;
}

async function open({ host, port, tls, login }: MailReportConfig, { password, ca }: Opened) {
  // Only where a report is sent.
  const { createTransport } = await import('nodemailer');
  return createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(login === null || password === undefined ? {} : { auth: { user: login.user, pass: password } }),
    // Said here, so that NODE_TLS_REJECT_UNAUTHORIZED can't disable it.
    tls: { rejectUnauthorized: true, ...(ca === null ? {} : { ca }) },
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: silenceMs,
    // Nothing in a report names a file or an address to read.
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
  });
}

function mailOf({ from, to }: MailReportConfig, { id, subject, text, html }: ReportMessage) {
  return {
    from: { name: 'Mothball', address: from },
    to: [...to],
    subject,
    text,
    html,
    messageId: `<${id}@${from.split('@').at(-1) ?? 'localhost'}>`,
    // RFC 3834: no out-of-office replies.
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

async function readAuthority(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new MothballError(
      {
        fact: `the certificate authority ${path} can't be read (${errorMessage(error)})`,
        notDone: 'the report was not sent',
        remedy: 'Check reports.mail.caFile in mothball.yaml',
      },
      { code: 'config', cause: error },
    );
  }
}

/**
 * The failure in our words. What a server says to a login is left out: some repeat what they were sent.
 * The cause is left out too, since it carries all of that.
 */
function failureOf(place: string, error: unknown, late: boolean): MothballError {
  const field = (name: string): unknown =>
    typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  const [kind, status, response] = [field('code'), field('responseCode'), field('response')];
  const fault = (fact: string, code: MothballError['code'], remedy?: string): MothballError =>
    new MothballError(
      { fact, notDone: 'the report was not sent', ...(remedy === undefined ? {} : { remedy }) },
      { code, retryable: true },
    );
  if (late) return fault(`${place} did not take the mail within ${timeLimitMs / 1000} s`, 'timeout');
  if (kind === 'EAUTH' || kind === 'ENOAUTH')
    return fault(
      `${place} refused the login${typeof status === 'number' ? ` (${status})` : ''}`,
      'auth',
      'Check user and password of reports.mail in mothball.yaml',
    );
  if (kind === 'ETLS' || /certificate/i.test(wordsOf(error)))
    return fault(
      `${place} offers no TLS that can be trusted (${wordsOf(error)})`,
      'connect',
      'Check tls and caFile of reports.mail in mothball.yaml',
    );
  if (typeof response === 'string') return fault(`${place} refused the mail: ${cut(response)}`, 'protocol');
  return fault(`${place} can't be reached (${wordsOf(error)})`, 'connect');
}

function wordsOf(error: unknown): string {
  return cut(errorMessage(error));
}

function cut(text: string): string {
  return printable(text.slice(0, longestWords));
}
