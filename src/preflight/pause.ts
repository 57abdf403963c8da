import { MothballError } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Pause } from '../ports/watch.ts';

/**
 * The kill switch, checked before every step that starts to archive or delete (SAFETY step 9).
 * A chunk that has begun is finished: half a deletion would be worse.
 * @throws `interrupted` while Mothball is paused; what was begun is settled by the next run.
 */
export async function requireNotPaused(catalog: Pick<Catalog, 'paused'>): Promise<void> {
  const pause = await catalog.paused();
  if (pause !== null) throw pausedError(pause);
}

export function pausedError(pause: Pause): MothballError {
  return new MothballError(
    {
      fact: pauseText(pause),
      notDone: 'nothing more is archived or deleted',
      remedy: 'Run `mothball resume` to end the pause',
    },
    { code: 'interrupted' },
  );
}

/** `paused by root since 2026-03-01 10:00 UTC: reason`; `show` writes the time. */
export function pauseText({ who, since, reason }: Pause, show = utcMinute): string {
  return `paused by ${who} since ${show(since)}${reason === null ? '' : `: ${reason}`}`;
}

function utcMinute(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
