import type { AccountRef } from '../domain/account.ts';
import { bytes } from '../domain/brands.ts';
import { formatBytes } from '../domain/size.ts';
import { pauseMs, throttledBy, type ThrottleKind } from '../domain/throttle.ts';
import { isError, MothballError } from '../errors.ts';
import type { AccountPause, Traffic } from '../ports/account-pauses.ts';
import type { AccountWork } from './account-work.ts';

const hourMs = 3600 * 1000;
const dayMs = 24 * hourMs;
/**
 * Gmail lets clients read 2,500 MB of an account by IMAP in a day. What is left of it belongs to the
 * clients of the owner.
 */
const gmailBytesPerDay = 2_000_000_000;

type Pausing = Pick<AccountWork, 'account' | 'catalog' | 'clock'>;

/** @throws `throttled` while the account is to be left alone. Sends nothing. */
export async function requireAccountFree({ account, catalog, clock }: Pausing): Promise<void> {
  const known = await catalog.accountPause(account);
  if (known !== null && clock.now() < known.until) throw pausedError(known);
}

/** Why and until when an account is left alone, in words. */
export function accountPauseText({
  kind,
  words,
  until,
}: Pick<AccountPause, 'kind' | 'words' | 'until'>): string {
  const when = `${until.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return kind === 'budget'
    ? `paused until ${when}: ${words}`
    : `paused until ${when}: the server says "${words}"`;
}

function pausedError(known: AccountPause): MothballError {
  return new MothballError(
    {
      fact: `${known.account} is ${accountPauseText(known)}`,
      notDone: 'what is left is done afterwards',
    },
    { code: 'throttled', retryable: true },
  );
}

/** What a failure says about throttling; null: it is another one. */
function throttleIn(error: unknown): { readonly kind: ThrottleKind; readonly words: string } | null {
  if (!isError(error, 'throttled', 'connect') || error.said === null) return null;
  const kind = throttledBy(error.said, '');
  return kind === null ? null : { kind, words: error.said.text };
}

/**
 * A failure by which the server throttles the account pauses it for hours, durably: returns what to
 * report. Null: it is another failure.
 */
export async function notedThrottle(work: Pausing, error: unknown): Promise<MothballError | null> {
  const throttle = throttleIn(error);
  return throttle === null ? null : pausedError(await pause(work, throttle.kind, throttle.words));
}

async function pause(
  { account, catalog, clock }: Pausing,
  kind: ThrottleKind,
  words: string,
  until?: Date,
): Promise<AccountPause> {
  const now = clock.now();
  const before = await catalog.accountPause(account);
  const times = (before?.times ?? 0) + 1;
  const { server, account: name }: AccountRef = account;
  const paused = {
    server,
    account: name,
    kind,
    words,
    times,
    since: before?.since ?? now,
    until: until ?? new Date(now.getTime() + pauseMs(kind, times)),
  };
  await catalog.pauseAccount(paused);
  return paused;
}

/** The account could be used: what was remembered of a pause that is over is forgotten. */
export async function settleAccountPause({ account, catalog, clock }: Pausing): Promise<void> {
  const known = await catalog.accountPause(account);
  if (known !== null && known.until <= clock.now()) await catalog.forgetPause(account);
}

/** Records what was used since the last call. */
export async function recordTraffic(
  work: Pick<AccountWork, 'account' | 'catalog' | 'clock' | 'connection'>,
): Promise<void> {
  const used = work.connection.takeTraffic();
  if (used.bytes + used.commands > 0) await work.catalog.addTraffic(work.account, used, work.clock.now());
}

/**
 * Records what was used, and stops before the allowance of a day is used up: the owner's own clients
 * share it. The account then waits until enough of it has become older than a day.
 * @throws `throttled` when the limit is reached.
 */
export async function requireDailyBudget(work: AccountWork): Promise<void> {
  await recordTraffic(work);
  const { gmail } = (await work.connection.session()).capabilities;
  const limits = {
    bytes: work.perDay?.bytes ?? (gmail ? gmailBytesPerDay : null),
    commands: work.perDay?.commands ?? null,
  };
  const now = work.clock.now();
  const hours = await work.catalog.traffic(work.account, new Date(now.getTime() - dayMs));
  for (const unit of ['bytes', 'commands'] as const) {
    const limit = limits[unit];
    const used = hours.reduce((sum, hour) => sum + hour[unit], 0);
    if (limit === null || used < limit) continue;
    const shown = unit === 'bytes' ? formatBytes(bytes(used)) : `${used} commands`;
    const words = `${shown} in 24 hours reach its limit of ${unit === 'bytes' ? formatBytes(bytes(limit)) : limit}`;
    throw pausedError(await pause(work, 'budget', words, freeAgain(hours, unit, limit)));
  }
}

/** When no more than half of the limit was used in the 24 hours before. */
function freeAgain(
  hours: readonly (Traffic & { readonly at: Date })[],
  unit: keyof Traffic,
  limit: number,
): Date {
  let left = hours.reduce((sum, hour) => sum + hour[unit], 0);
  let until = 0;
  for (const hour of hours) {
    if (left <= limit / 2) break;
    left -= hour[unit];
    until = hour.at.getTime() + hourMs + dayMs;
  }
  return new Date(until);
}
