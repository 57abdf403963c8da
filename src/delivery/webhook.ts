import type { WebhookConfig } from '../config/settings.ts';
import { errorMessage, MothballError } from '../errors.ts';
import type { Delivery } from '../ports/delivery.ts';
import { webhookBody } from './webhook-body.ts';

const timeLimitMs = 30_000;

/** POSTs the report. Redirects are refused: one could lead to plain HTTP, and take the token along. */
export function webhookDelivery({ url, token, format }: WebhookConfig): Delivery {
  const { host } = new URL(url);
  return {
    channel: 'webhook',
    to: host,
    async send(message, signal) {
      const bearer = token === null ? {} : { authorization: `Bearer ${await token.read()}` };
      const { headers, body } = webhookBody({ format }, message);
      const limit = AbortSignal.timeout(timeLimitMs);
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'idempotency-key': message.id, ...bearer },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([signal, limit]),
      }).catch((error: unknown) => {
        throw failed(host, error, limit.aborted);
      });
      // What it answers is of no interest, and may be endless.
      await response.body?.cancel().catch(() => undefined);
      if (!response.ok) throw refused(host, response.status);
      return null;
    },
  };
}

function failed(host: string, error: unknown, late: boolean): MothballError {
  const fact = late
    ? `the webhook at ${host} did not answer within ${timeLimitMs / 1000} s`
    : `the webhook at ${host} can't be reached (${errorMessage(error instanceof Error ? (error.cause ?? error) : error)})`;
  return new MothballError(
    { fact, notDone: 'it did not get the report' },
    { code: late ? 'timeout' : 'connect', retryable: true },
  );
}

function refused(host: string, status: number): MothballError {
  const why = status >= 300 && status < 400 ? 'and redirects are not followed' : 'which is not a success';
  return new MothballError(
    {
      fact: `the webhook at ${host} answered with status ${status}, ${why}`,
      notDone: 'it did not get the report',
      remedy: 'Check reports.webhook in mothball.yaml',
    },
    { code: status === 401 || status === 403 ? 'auth' : 'protocol', retryable: true },
  );
}
