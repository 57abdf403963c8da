import { userInfo } from 'node:os';
import type { Clock } from '../ports/clock.ts';
import type { AuditEntry } from '../ports/records.ts';

/** Who read or moved archived mail from the command line. */
export function auditOf(clock: Clock, action: string, account: string | null, detail: string): AuditEntry {
  return { at: clock.now(), who: localUser(), action, account, detail };
}

/** The login name; the numeric user ID where the system knows no name for it, as in many containers. */
export function localUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
