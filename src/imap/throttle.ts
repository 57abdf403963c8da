import type { GuardedClient } from './guarded-client.ts';
import { errorField } from './imap-errors.ts';

/** Commands that change nothing: sent twice, they ask twice. */
export const onlyReads =
  /^(?:UID FETCH|UID SEARCH|FETCH|SEARCH|SELECT|EXAMINE|STATUS|LIST|NAMESPACE|GETQUOTAROOT|CAPABILITY|NOOP|ID)$/;

/** The milliseconds that imapflow waited because the server throttles; null: it does not. */
export function waitedIn(error: unknown): number | null {
  if (errorField(error, 'code') !== 'ETHROTTLE' || !(error instanceof Error)) return null;
  const waited: unknown = Reflect.get(error, 'throttleWaited');
  return typeof waited === 'number' ? waited : 0;
}

/** Whether imapflow waits out a time that the server named, or we wait for leave to send. */
export function isWaiting(client: GuardedClient): boolean {
  if (client.leave.asking) return true;
  const waits: unknown = Reflect.get(client, '_throttleWaits');
  return waits instanceof Set && waits.size > 0;
}
