import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a session did, by Dovecot's log when it ended. */
export interface EndedSession {
  readonly user: string;
  readonly bodies: number;
  readonly expunged: number;
}

/** The sessions that have ended, in this order. */
export async function endedSessions(dir: string): Promise<readonly EndedSession[]> {
  const log = await readFile(join(dir, 'dovecot.log'), 'utf8');
  return log.split('\n').flatMap((line) => {
    const user = / imap\(([^)]+)\)/.exec(line)?.[1];
    const bodies = / body_count=(\d+)/.exec(line)?.[1];
    const expunged = / expunged=(\d+)/.exec(line)?.[1];
    if (user === undefined || bodies === undefined || expunged === undefined) return [];
    return [{ user, bodies: Number(bodies), expunged: Number(expunged) }];
  });
}
