import { setTimeout as sleep } from 'node:timers/promises';
import type { OnRun } from '../domain/policy.ts';
import { errorMessage } from '../errors.ts';
import type { Log } from '../ports/log.ts';

/** One call may take this long, and a failed one is tried again after these pauses. Milliseconds. */
const timeLimitMs = 10_000;
const pausesMs = [1_000, 4_000];

export interface Ping {
  readonly onRun: OnRun;
  readonly result: 'success' | 'failure';
  /** Short, without names of accounts: it goes to somebody else's server. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Calls the address for this result, if there is one. It is only a ping: a failure is logged. Never throws. */
export async function sendPing(
  { onRun, result, body }: Ping,
  { log, signal }: { readonly log: Pick<Log, 'warn'>; readonly signal: AbortSignal },
): Promise<void> {
  const url = onRun[result];
  if (url === null) return;
  for (const pause of [...pausesMs, null]) {
    const fault = await call(url, onRun.method, { result, ...body });
    if (fault === null) return;
    if (pause === null || signal.aborted) {
      // The path often is the secret.
      log.warn(`the ${result} ping to ${new URL(url).host} failed: ${fault}`, { ...body });
      return;
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

async function call(url: string, method: OnRun['method'], body: object): Promise<string | null> {
  const content =
    method === 'GET' ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  try {
    const response = await fetch(url, {
      method,
      ...content,
      // A redirect could lead to plain HTTP.
      redirect: 'error',
      signal: AbortSignal.timeout(timeLimitMs),
    });
    await response.body?.cancel();
    return response.ok ? null : `status ${response.status}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return errorMessage(cause);
  }
}
